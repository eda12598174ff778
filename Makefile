# make build    bin/mscp
# make demo     the main job on this machine, with nothing but Go
# make check    formatting, vet, staticcheck, layers, go.mod, race tests of what is quick
# make test     every test
GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

.PHONY: build demo check test test-long clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/mscp ./cmd/mscp

demo: build
	bin/mscp demo
