package sshserver

import (
	"path"
	"strings"
	"sync"
	"sync/atomic"
)

// match reports whether a pattern of path.Match fits a path, or its last name where the pattern has no slash. An empty
// pattern fits all, a malformed one nothing.
func match(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	if !strings.Contains(pattern, "/") {
		name = path.Base(name)
	}
	ok, _ := path.Match(pattern, name)
	return ok
}

// Fail answers requests of a kind for paths that match a pattern with a status; the nth of them only, counted from 1,
// or all where nth is 0. The server never sees such a request, except for CLOSE: it is carried out.
func Fail(kind Kind, pattern string, nth int, code Code) Fault {
	return &fail{kind: kind, pattern: pattern, nth: int64(nth), code: code}
}

type fail struct {
	kind    Kind
	pattern string
	nth     int64
	seen    atomic.Int64
	code    Code
}

// hit reports whether it is this call's turn. It counts.
func (f *fail) hit(c *Call) bool {
	return c.Kind == f.kind && match(f.pattern, c.Path) && (f.seen.Add(1) == f.nth || f.nth == 0)
}

func (f *fail) Request(c *Call) Action {
	if f.kind != Close && f.hit(c) {
		return c.Status(f.code)
	}
	return Pass
}

func (f *fail) Reply(c *Call) Action {
	if f.kind == Close && f.hit(c) {
		c.Status(f.code)
	}
	return Pass
}

// Hang never answers requests of a kind for paths that match a pattern.
func Hang(kind Kind, pattern string) Fault { return hang{kind: kind, pattern: pattern} }

type hang struct {
	passive
	kind    Kind
	pattern string
}

func (h hang) Request(c *Call) Action {
	if c.Kind == h.kind && match(h.pattern, c.Path) {
		return Drop
	}
	return Pass
}

// NoSpace is a disk that is full after n bytes have been written to it: WRITE fails, and from then on statvfs says that nothing
// is available.
func NoSpace(n int64) Fault { return &noSpace{left: n} }

type noSpace struct {
	mu   sync.Mutex
	left int64
	full bool
}

func (n *noSpace) Request(c *Call) Action {
	if c.Kind != Write {
		return Pass
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if int64(c.Length) > n.left {
		n.full = true
		return c.Status(Failure)
	}
	n.left -= int64(c.Length)
	return Pass
}

// Reply clears f_bfree and f_bavail, the fourth and fifth number of the reply (PROTOCOL, section 4.4).
func (n *noSpace) Reply(c *Call) Action {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full && c.Ext == ExtStatVFS && c.Reply.Kind() == ExtendedReply {
		r := c.Reply.reader()
		r.take(3 * 8)
		clear(r.take(2 * 8))
	}
	return Pass
}
