package sftpwire

import (
	"errors"
	"io"
	"sync/atomic"
)

// Flags of Open (draft-ietf-secsh-filexfer-02, section 6.3).
const (
	OpenRead  = 0x1
	OpenWrite = 0x2
	OpenCreat = 0x8
	OpenTrunc = 0x10
	OpenExcl  = 0x20
)

// Handle is an open file on the server. Its methods may run at once, each is one request.
type Handle struct {
	c      *Conn
	h      string
	shared atomic.Bool // another file was given the same one while it was open
}

// Open opens a file; a has the permissions of one that is made.
func (c *Conn) Open(path string, flags uint32, a Attrs) (*Handle, error) {
	return c.handle(newCall(typeOpen, typeHandle).str(path).u32(flags).attrs(a))
}

func (c *Conn) handle(k *call) (*Handle, error) {
	defer k.free()
	if err := c.do(k); err != nil {
		return nil, err
	}
	h := k.handle
	if h == nil {
		return nil, c.broken("an invalid handle")
	}
	if h.shared.Load() {
		_ = h.Close() // each of those that share it is closed once
		return nil, ErrShared
	}
	return h, nil
}

// broken closes the channel: a server whose packets cannot be parsed is not to be trusted with further ones.
func (c *Conn) broken(what string) error {
	c.fail(&ProtocolError{what})
	c.ch.Close()
	return c.Err()
}

// ReadAt is one READ: it may return fewer bytes than asked for, which does not mean that the file ends there.
// At the end of the file it returns io.EOF.
func (h *Handle) ReadAt(p []byte, off int64) (int, error) {
	k := h.read(p, off)
	defer k.free()
	err := h.believed(h.c.do(k))
	return k.n, eof(err)
}

// ReadClose is ReadAt with FSTAT and CLOSE right behind it, in one round trip. The handle is gone whatever it returns;
// err is that of the READ, io.EOF at the end of the file. Only then, or without it, do the attributes or statErr tell anything.
func (h *Handle) ReadClose(p []byte, off int64) (n int, a Attrs, statErr, err error) {
	r, s, c := h.read(p, off), h.call(typeFstat, typeAttrs), h.closing()
	defer func() { r.free(); s.free(); c.free() }()
	h.c.do(r, s, c)
	err = eof(h.believed(r.err))
	if err != nil && err != io.EOF {
		return r.n, a, nil, err
	}
	if s.err != nil {
		return r.n, a, h.believed(s.err), err
	}
	a, statErr = h.c.parseAttrs(s)
	return r.n, a, statErr, err
}

// WriteAt is one WRITE; when it returns nil all of p is acknowledged.
func (h *Handle) WriteAt(p []byte, off int64) (int, error) {
	k := h.write(p, off)
	defer k.free()
	if err := h.believed(h.c.do(k)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteClose is WriteAt with FSETSTAT, where there is something to set, and CLOSE right behind it, in one round trip. The handle is gone whatever it
// returns; err is that of WRITE or CLOSE.
func (h *Handle) WriteClose(p []byte, off int64, a Attrs) (attrErr, err error) {
	w, s, c := h.write(p, off), h.call(typeFsetstat, 0).attrs(a), h.closing()
	defer func() { w.free(); s.free(); c.free() }()
	if a.Flags == 0 {
		h.c.do(w, c)
	} else {
		h.c.do(w, s, c)
	}
	if err = w.err; err == nil {
		err = c.err
	}
	return s.err, h.believed(err)
}

// Stat is FSTAT.
func (h *Handle) Stat() (Attrs, error) {
	a, err := h.c.attrs(h.call(typeFstat, typeAttrs))
	return a, h.believed(err)
}

// SetStat is FSETSTAT; with AttrSize it truncates or extends.
func (h *Handle) SetStat(a Attrs) error {
	return h.believed(h.c.status(h.call(typeFsetstat, 0).attrs(a)))
}

// Sync is fsync@openssh.com (OpenSSH PROTOCOL, section 4.5); ask only a server that announced it.
func (h *Handle) Sync() error {
	return h.believed(h.c.status(newCall(typeExtended, 0).str(FsyncExtension).str(h.h)))
}

// Close is CLOSE.
func (h *Handle) Close() error { return h.believed(h.c.status(h.closing())) }

func (h *Handle) closing() *call {
	k := h.call(typeClose, 0)
	k.handle = h
	return k
}

func (h *Handle) call(typ, want byte) *call { return newCall(typ, want).str(h.h) }

func (h *Handle) read(p []byte, off int64) *call {
	k := h.call(typeRead, typeData).u64(uint64(off)).u32(uint32(len(p)))
	k.into = p
	return k
}

func (h *Handle) write(p []byte, off int64) *call {
	k := h.call(typeWrite, 0).u64(uint64(off)).u32(uint32(len(p)))
	k.payload = p
	return k
}

func (c *Conn) status(k *call) error {
	defer k.free()
	return c.do(k)
}

func (c *Conn) parseAttrs(k *call) (Attrs, error) {
	p := parser{b: k.body}
	a := p.attrs()
	if p.short {
		return a, c.broken("a truncated ATTRS packet")
	}
	return a, nil
}

// eof turns the status SSH_FX_EOF into io.EOF.
func eof(err error) error {
	if err == nil {
		return nil // before st is allocated
	}
	var st *StatusError
	if errors.As(err, &st) && st.Code == StatusEOF {
		return io.EOF
	}
	return err
}
