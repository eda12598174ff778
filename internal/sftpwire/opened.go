package sftpwire

import (
	"errors"
	"slices"
)

// ErrShared means that the server gave the handle to a second file while the first one was open (OTP's ssh_sftpd does). Nothing that
// was read or written through it can be believed, on either file.
var ErrShared = errors.New("the server gave one handle to several open files")

// track keeps the handles that are open. The reader calls it for each reply, so a handle counts as open from the reply to its OPEN to the
// reply to its CLOSE, and one that is given out twice is known before any later reply is believed.
func (c *Conn) track(k *call) {
	switch {
	case k.want == typeHandle && k.body != nil:
		p := parser{b: k.body}
		name := string(p.bytes())
		if !p.short && len(name) <= 256 { // draft-ietf-secsh-filexfer-02, section 6.3
			k.handle = c.opened(&Handle{c: c, h: name})
		}
	case k.handle != nil:
		c.closed(k.handle)
	}
}

func (c *Conn) opened(h *Handle) *Handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	others := c.handles[h.h]
	for _, other := range others {
		other.shared.Store(true)
		h.shared.Store(true)
	}
	c.handles[h.h] = append(others, h)
	return h
}

func (c *Conn) closed(h *Handle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := slices.DeleteFunc(c.handles[h.h], func(o *Handle) bool { return o == h })
	if len(left) == 0 {
		delete(c.handles, h.h)
	} else {
		c.handles[h.h] = left
	}
}

// believed is err, or ErrShared where the answer may be another file's.
func (h *Handle) believed(err error) error {
	if h.shared.Load() && !errors.Is(err, ErrClosed) {
		return ErrShared
	}
	return err
}
