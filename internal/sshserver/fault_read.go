package sshserver

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// ShortReads answers READ with fewer bytes than asked for, as many as chance says, and now and then with one. The end of a file
// stays where it is.
func ShortReads(seed uint64) Fault { return &shortReads{rand: rand.New(rand.NewPCG(seed, 0))} }

type shortReads struct {
	passive
	mu   sync.Mutex
	rand *rand.Rand
}

func (s *shortReads) Request(c *Call) Action {
	if c.Kind != Read || c.Length < 2 {
		return Pass
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rand.IntN(8) == 0 {
		c.SetLength(1)
	} else {
		c.SetLength(1 + s.rand.Uint32N(c.Length-1))
	}
	return Pass
}

// EmptyReads answers every nth READ with no bytes, and no end of file.
func EmptyReads(nth int) Fault { return &emptyReads{nth: int64(nth)} }

type emptyReads struct {
	passive
	nth  int64
	seen atomic.Int64
}

func (e *emptyReads) Request(c *Call) Action {
	if c.Kind == Read && e.seen.Add(1)%e.nth == 0 {
		return c.Data(nil)
	}
	return Pass
}

// LyingSize gives files whose paths match a pattern another size, in STAT, LSTAT, FSTAT and listings.
func LyingSize(pattern string, size int64) Fault {
	return lyingSize{pattern: pattern, size: uint64(size)}
}

type lyingSize struct {
	passive
	pattern string
	size    uint64
}

func (l lyingSize) Reply(c *Call) Action {
	r := c.Reply.reader()
	switch {
	case c.Reply.Kind() == Attrs && match(l.pattern, c.Path):
		l.set(r)
	case c.Reply.Kind() == Name && c.Kind == Readdir:
		for range r.uint32() {
			name := r.string()
			r.string()
			if at := *r; match(l.pattern, c.Path+"/"+name) {
				l.set(&at)
			}
			r.attrs()
		}
	}
	return Pass
}

func (l lyingSize) set(r *reader) {
	if size, _ := r.attrs(); size != nil {
		binary.BigEndian.PutUint64(size, l.size)
	}
}
