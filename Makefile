# make build      bin/mscp
# make demo       the main job on this machine, with nothing but Go: copy a data set up and back, and compare
# make test       every test; installs openssh-server first where that is missing and apt-get and root are there
# make test-long  kills, terminates and disconnects copies LONG times as often as make test does
# make check      formatting, vet, staticcheck, layers, go.mod, known vulnerabilities, and the tests that need no sshd: with the race detector, and
#                 where an int has 32 bits
# make fuzz       each fuzz test for FUZZTIME
# make bench      docs/benchmarks/loopback.*: every tool against sshd on this machine, about 6 minutes
# make bench-wan  docs/benchmarks/wan*.*: the same over emulated links of 1 Gbit/s with 20 and 100 ms, about 25 minutes; needs root
GO        ?= go
TESTFLAGS ?=
FUZZTIME  ?= 30s
LONG      ?= 10
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# Quick, and in need of nothing but Go.
PURE := ./internal/chunker/... ./internal/endpoint/... ./internal/journal/... ./internal/plan/... ./internal/progress/... \
        ./internal/sftpwire/... ./internal/sshconf/... ./internal/sshserver/... ./internal/transfer/... ./internal/units/...

.PHONY: build demo test test-long check layers fuzz bench bench-wan clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/mscp ./cmd/mscp

demo: build
	bin/mscp demo

test:
	.ci/install
	$(GO) test -race -timeout 20m $(TESTFLAGS) ./...

test-long:
	.ci/install
	MSCP_LONG=$(LONG) $(GO) test -race -timeout 0 -count 1 -v -run 'Killed|Terminated' ./cmd/mscp

check: layers
	@out=$$(gofmt -l cmd internal); test -z "$$out" || { echo "not gofmt-ed: $$out"; exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) build -o /dev/null ./cmd/mscp
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	GO=$(GO) .ci/vulncheck
	$(GO) test -race $(PURE)
	GOARCH=386 CGO_ENABLED=0 $(GO) vet ./...
	MSCP_REQUIRE_SSHD= GOARCH=386 CGO_ENABLED=0 $(GO) test $(PURE)

layers:
	$(GO) test -run '^TestLayers$$' ./internal

fuzz:
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

# The tables go into README.md as well, between the marks that name their files.
BENCHMARKS := docs/benchmarks
RESULTS = --json $(BENCHMARKS)/$(1).json --plot $(BENCHMARKS)/$(1).svg --markdown $(BENCHMARKS)/$(1).md

bench: build
	MSCP_PEERS=1 .ci/install
	bin/mscp bench --server sshd --size 512m --files 2000 --file-size 4k --connections 1,2,4 --runs 3 --warmup 0 --timeout 20s --peers all $(call RESULTS,loopback)
	$(BENCHMARKS)/readme.sh

bench-wan: build
	MSCP_PEERS=1 .ci/install
	for rtt in 20 100; do \
	  bin/mscp bench --link rtt=$${rtt}ms,rate=1gbit --size 256m,1 --files 2000 --file-size 4k --connections 1,4,8,16 --runs 3 --warmup 0 \
	    --timeout 40s --peers scp,rsync,lftp,tar --peer-settings cipher $(call RESULTS,wan$${rtt}ms) || exit 1; \
	done
	$(BENCHMARKS)/readme.sh

clean:
	rm -rf bin
