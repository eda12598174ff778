package sshserver

import (
	"encoding/binary"
	"os"
	"slices"
	"sync"
	"time"
)

// What follows are habits of servers of other makes. Each is that server's bug, or leave that SFTP version 3 gives, and none shows with a
// client that asks one thing after the other.

// NotOpenSSH leaves out what OpenSSH's server alone announces.
func NotOpenSSH() Fault { return Without(ExtLSetstat) }

// Chain is several faults as one.
type chain []Fault

// All makes one fault of several.
func All(faults ...Fault) Fault { return chain(faults) }

func (h chain) Request(c *Call) Action {
	for _, f := range h {
		if a := f.Request(c); a != Pass {
			return a
		}
	}
	return Pass
}

func (h chain) Reply(c *Call) Action {
	after := Pass
	for _, f := range slices.Backward(h) {
		if a := f.Reply(c); a != Pass {
			after = a
		}
	}
	return after
}

// SharedHandles numbers handles as OTP's ssh_sftpd does: from the third file that a channel has open at once, several have the same one. A
// request reaches the last of them.
func SharedHandles() Fault { return &sharedHandles{open: make(map[*filter][]numbered)} }

type sharedHandles struct {
	mu   sync.Mutex
	open map[*filter][]numbered // the newest first
}

type numbered struct {
	n    uint32
	real string
}

func (s *sharedHandles) Request(c *Call) Action {
	if c.Handle == "" {
		return Pass
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open[c.from]
	i := slices.IndexFunc(open, func(o numbered) bool { return name(o.n) == c.Handle })
	if i < 0 {
		return c.Status(Failure)
	}
	c.asked = c.Handle
	c.setHandle(open[i].real)
	if c.Kind == Close {
		s.open[c.from] = slices.Delete(slices.Clone(open), i, i+1)
	}
	return Pass
}

func (s *sharedHandles) Reply(c *Call) Action {
	if c.asked != "" {
		c.Handle = c.asked // for the faults before this one, as in the request
	}
	if c.Reply.Kind() != Handle {
		return Pass
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := uint32(0)
	for _, o := range s.open[c.from] {
		if o.n <= n {
			n = o.n + 1
		}
	}
	s.open[c.from] = append([]numbered{{n, c.Reply.reader().string()}}, s.open[c.from]...)
	c.Reply = NewPacket(Handle, c.ID).AddString(name(n))
	return Pass
}

func name(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

// setHandle puts another handle into a request.
func (c *Call) setHandle(h string) {
	r := c.Request.reader()
	if c.Kind == Extended {
		r.string()
	}
	r.string()
	p := NewPacket(c.Kind, c.ID)
	if c.Kind == Extended {
		p = p.AddString(c.Ext)
	}
	c.Request = append(p.AddString(h), r.b...).sized()
	c.Handle = h
}

// CloseFirst carries out a CLOSE before the READ, WRITE or FSTAT that it follows without waiting for the answer, as servers on
// asynchronous file systems do: the WRITE is lost, the READ gives other bytes, the FSTAT fails.
func CloseFirst() Fault { return &closeFirst{closed: make(map[dirHandle]bool)} }

type closeFirst struct {
	mu     sync.Mutex
	closed map[dirHandle]bool
}

func (f *closeFirst) Request(c *Call) Action {
	if c.Kind == Close {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.closed[dirHandle{c.from, c.Handle}] = true
	}
	return Pass
}

func (f *closeFirst) Reply(c *Call) Action {
	key := dirHandle{c.from, c.Handle}
	if c.Reply.Kind() == Handle {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.closed, dirHandle{c.from, c.Reply.reader().string()})
		return Pass
	}
	if c.Kind != Read && c.Kind != Write && c.Kind != Fstat {
		return Pass
	}
	time.Sleep(200 * time.Microsecond) // the CLOSE comes in meanwhile, where it was sent
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.closed[key]:
	case c.Kind == Write:
		_ = os.Truncate(c.Path, 0)
	case c.Kind == Read && c.Reply.Kind() == Data:
		clear(c.Reply.Body()[4:])
	default:
		c.Status(Failure)
	}
	return Pass
}

// SizeEmpties empties a file whose size is set, then makes it as long with zeros, as paramiko's helper for servers does.
func SizeEmpties() Fault { return sizeEmpties{} }

type sizeEmpties struct{ passive }

func (sizeEmpties) Request(c *Call) Action {
	if c.Kind != Setstat && c.Kind != Fsetstat {
		return Pass
	}
	r := c.Request.reader()
	r.string()
	if size, _ := r.attrs(); size != nil {
		_ = os.Truncate(c.Path, 0)
	}
	return Pass
}

// FewOpen refuses to open more than n files and directories at once, over all channels, with a code.
func FewOpen(n int, code Code) Fault {
	return &fewOpen{n: n, code: code, open: make(map[dirHandle]bool)}
}

type fewOpen struct {
	n    int
	code Code

	mu      sync.Mutex
	opening int
	open    map[dirHandle]bool
}

func (f *fewOpen) Request(c *Call) Action {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case c.Kind == Close:
		delete(f.open, dirHandle{c.from, c.Handle})
	case c.Kind != Open && c.Kind != Opendir:
	case f.opening+len(f.open) >= f.n:
		return c.Status(f.code)
	default:
		f.opening++
	}
	return Pass
}

func (f *fewOpen) Reply(c *Call) Action {
	if c.Kind != Open && c.Kind != Opendir {
		return Pass
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opening--
	if c.Reply.Kind() == Handle {
		f.open[dirHandle{c.from, c.Reply.reader().string()}] = true
	}
	return Pass
}

// NoRename refuses each rename, and does not announce posix-rename@openssh.com, as "sftp-server -P rename,posix-rename" does.
func NoRename() Fault {
	return All(Without(ExtPosixRename), Fail(Rename, "", 0, PermissionDenied))
}

// IgnoresModes makes files and directories with modes of its own, whatever the client asks for.
func IgnoresModes() Fault { return ignoresModes{} }

type ignoresModes struct{ passive }

func (ignoresModes) Request(c *Call) Action {
	if c.Kind != Mkdir && c.Kind != Open {
		return Pass
	}
	r := c.Request.reader()
	p := NewPacket(c.Kind, c.ID).AddString(r.string())
	mode := uint32(0o755)
	if c.Kind == Open {
		p, mode = p.AddUint32(r.uint32()), 0o644
	}
	c.Request = p.AddUint32(attrPerm).AddUint32(mode)
	return Pass
}

// FopenFlags takes OPEN with any flags but those of fopen's modes for reading, as servers made with npm's ssh2 do.
func FopenFlags() Fault { return fopenFlags{} }

type fopenFlags struct{ passive }

func (fopenFlags) Request(c *Call) Action {
	if c.Kind != Open {
		return Pass
	}
	const read, write, add, creat, trunc, excl = 1, 2, 4, 8, 16, 32
	r := c.Request.reader()
	r.string()
	flags := r.take(4)
	switch binary.BigEndian.Uint32(flags) {
	case read, read | write, trunc | creat | write, trunc | creat | write | excl, trunc | creat | read | write,
		trunc | creat | read | write | excl, add | creat | write, add | creat | write | excl:
	default:
		binary.BigEndian.PutUint32(flags, read)
	}
	return Pass
}

// Says answers with another code where a kind of request would be answered with one.
func Says(kind Kind, code, instead Code) Fault { return says{kind: kind, code: code, instead: instead} }

type says struct {
	passive
	kind          Kind
	code, instead Code
}

func (s says) Reply(c *Call) Action {
	if c.Kind == s.kind && c.Reply.Kind() == Status && Code(c.Reply.reader().uint32()) == s.code {
		c.Status(s.instead)
	}
	return Pass
}

// Spoils clears the first bytes of each WRITE.
func Spoils() Fault { return spoils{} }

type spoils struct{ passive }

func (spoils) Request(c *Call) Action {
	if c.Kind == Write && c.Length > 0 {
		data := c.Request[len(c.Request)-int(c.Length):]
		clear(data[:min(8, len(data))])
	}
	return Pass
}
