package sshserver

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// ExtraNames puts names into the listings of directories whose paths match a pattern, each as a regular file of one byte,
// before those that are there. Nothing checks the names: "..", "a/b", "" and control codes are what the fault is for.
func ExtraNames(pattern string, names ...string) Fault {
	return &extraNames{pattern: pattern, names: names, listed: make(map[dirHandle]bool)}
}

// dirHandle is a directory handle among all channels.
type dirHandle struct {
	from *filter
	name string
}

type extraNames struct {
	passive
	pattern string
	names   []string

	mu     sync.Mutex
	listed map[dirHandle]bool
}

func (e *extraNames) Request(c *Call) Action {
	if c.Handle == "" || !match(e.pattern, c.Path) {
		return Pass
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	h := dirHandle{c.from, c.Handle}
	switch {
	case c.Kind == Close:
		delete(e.listed, h)
	case c.Kind == Readdir && !e.listed[h]:
		e.listed[h] = true
		c.Reply = NewPacket(Name, c.ID).AddUint32(uint32(len(e.names)))
		for _, name := range e.names {
			c.Reply = c.Reply.AddString(name).AddString(name).addAttrs(1, regular|0o644)
		}
		return Answer
	}
	return Pass
}

// The file types in st_mode that faults make up.
const (
	regular   = 0o100000
	directory = 0o040000
)

// addAttrs returns p with an ATTRS structure appended that has size, permissions and times.
func (p Packet) addAttrs(size uint64, mode uint32) Packet {
	return p.AddUint32(attrSize | attrPerm | attrTimes).AddUint64(size).AddUint32(mode).
		AddUint32(1_000_000_000).AddUint32(1_000_000_000)
}

// SyntheticDir is a directory that is not on disk: it lists n regular files of size zero bytes each, made up while they
// are listed, so that a million of them take no memory. They can be read, not written. name is the absolute path.
func SyntheticDir(name string, n int, size int64) Fault {
	return &syntheticDir{path: name, n: n, size: uint64(size), at: make(map[string]int)}
}

type syntheticDir struct {
	passive
	path string
	n    int
	size uint64

	mu   sync.Mutex
	last int            // handle made
	at   map[string]int // the next entry, by handle; files have handles too
}

// openRead is SSH_FXF_READ.
const openRead = 1

// perListing is how many entries sftp-server puts into one reply.
const perListing = 100

func (s *syntheticDir) Request(c *Call) Action {
	isDir := c.Path == s.path
	if !isDir && !strings.HasPrefix(c.Path, s.path+"/") {
		return Pass
	}
	switch c.Kind {
	case Stat, Lstat, Fstat:
		if !isDir && !s.has(strings.TrimPrefix(c.Path, s.path+"/")) {
			return c.Status(NoSuchFile)
		}
		c.Reply = s.attrs(NewPacket(Attrs, c.ID), isDir)
		return Answer
	case Realpath:
		c.Reply = NewPacket(Name, c.ID).AddUint32(1).AddString(c.Path).AddString(c.Path).AddUint32(0)
		return Answer
	case Open, Opendir:
		return s.open(c, isDir)
	case Close:
		return s.close(c)
	case Readdir:
		return s.list(c)
	case Read:
		return s.read(c)
	}
	return c.Status(PermissionDenied)
}

// has tells whether one of the names that are listed is name.
func (s *syntheticDir) has(name string) bool {
	i, err := strconv.Atoi(strings.TrimPrefix(name, "f"))
	return err == nil && 0 <= i && i < s.n && name == s.name(i)
}

func (s *syntheticDir) name(i int) string { return fmt.Sprintf("f%07d", i) }

func (s *syntheticDir) attrs(p Packet, isDir bool) Packet {
	if isDir {
		return p.addAttrs(4096, directory|0o755)
	}
	return p.addAttrs(s.size, regular|0o644)
}

func (s *syntheticDir) open(c *Call, isDir bool) Action {
	r := c.Request.reader()
	r.string()
	if c.Kind == Open && r.uint32() != openRead || isDir != (c.Kind == Opendir) {
		return c.Status(PermissionDenied)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	handle := fmt.Sprintf("synthetic %d", s.last)
	s.at[handle] = 0
	c.Reply = NewPacket(Handle, c.ID).AddString(handle)
	return Answer
}

func (s *syntheticDir) close(c *Call) Action {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.at, c.Handle)
	return c.Status(OK)
}

func (s *syntheticDir) list(c *Call) Action {
	s.mu.Lock()
	from := s.at[c.Handle]
	to := min(from+perListing, s.n)
	s.at[c.Handle] = to
	s.mu.Unlock()
	if from == to {
		return c.Status(EOF)
	}
	c.Reply = NewPacket(Name, c.ID).AddUint32(uint32(to - from))
	for i := from; i < to; i++ {
		name := s.name(i)
		c.Reply = s.attrs(c.Reply.AddString(name).AddString(name), false)
	}
	return Answer
}

func (s *syntheticDir) read(c *Call) Action {
	if c.Offset >= s.size {
		return c.Status(EOF)
	}
	return c.Data(make([]byte, min(uint64(c.Length), s.size-c.Offset, DefaultLimits().Read)))
}

// BareEntries takes the attributes from the entries of listings whose paths match a pattern: all of them are optional there.
func BareEntries(pattern string) Fault { return bareEntries{pattern: pattern} }

type bareEntries struct {
	passive
	pattern string
}

func (b bareEntries) Reply(c *Call) Action {
	if c.Reply.Kind() != Name || c.Kind != Readdir {
		return Pass
	}
	r := c.Reply.reader()
	n := r.uint32()
	bare := NewPacket(Name, c.ID).AddUint32(n)
	for range n {
		name, long := r.string(), r.string()
		whole := r.b
		r.attrs()
		bare = bare.AddString(name).AddString(long)
		if match(b.pattern, c.Path+"/"+name) {
			bare = bare.AddUint32(0)
			continue
		}
		bare = append(bare, whole[:len(whole)-len(r.b)]...).sized()
	}
	c.Reply = bare
	return Pass
}
