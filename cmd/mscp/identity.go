package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mscp/internal/bytepath"
)

// identity tells a job from all others by what it copies where, with which options that matter: not by how that was typed.
type identity struct {
	job  string // a hash of all of it, but the port: the same server may be reached through another one
	work string // a hash of it without the host, which partial files are named by
	host string // USER@NAME:PORT of the remote side
	up   bool
	root string // the directory, on the destination, below which all lands
}

func (c *copier) identity(host string, j *job) (*identity, error) {
	cwd, err := os.Getwd()
	if err == nil {
		cwd, err = filepath.EvalSymlinks(cwd)
	}
	if err != nil {
		return nil, err
	}
	from := func(p string) string { return settledHere(cwd, p) }
	to := func(p string) string { return strings.TrimSuffix(settled(j.home, p), "/.") }
	if !c.upload() {
		from = func(p string) string { return settled(j.home, p) }
		to = func(p string) string { return followed(settledHere(cwd, p)) }
	}
	h := sha256.New()
	fmt.Fprintf(h, "2 %t %t %t", c.upload(), c.preserve, c.inPlace)
	for _, s := range j.sources {
		fmt.Fprintf(h, " %q", from(s))
	}
	fmt.Fprintf(h, " to %q", to(j.target))
	id := &identity{work: hex.EncodeToString(h.Sum(nil)[:12]), host: host, up: c.upload(), root: to(j.land.Root)}
	fmt.Fprintf(h, " at %q", host[:strings.LastIndexByte(host, ':')])
	id.job = hex.EncodeToString(h.Sum(nil)[:12])
	return id, nil
}

// settledHere is an absolute path on this machine with all links resolved but that of its last name, which may be the source's own.
func settledHere(cwd, p string) string {
	p = settled(cwd, p)
	dir, name := bytepath.Dir(p), bytepath.LastName(p)
	if name == "" { // . or .. or /
		dir, name = p, "."
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return bytepath.Join(real, name)
	}
	return p
}

// followed is where a path leads, or the path itself where nothing is there.
func followed(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		return real
	}
	return p
}

// settled is a path that begins at dir, absolute, without what never matters in a path. That the contents are meant, and not the
// directory, stays to be seen.
func settled(dir, p string) string {
	trimmed, _ := bytepath.Trim(p)
	if dir != "" && trimmed[0] != '/' {
		trimmed = bytepath.Join(dir, trimmed)
	}
	if bytepath.LastName(trimmed) == "" && bytepath.Base(trimmed) == "." {
		return bytepath.Plain(trimmed) + "/."
	}
	return bytepath.Plain(trimmed)
}
