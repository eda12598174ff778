package sshserver

import "sync/atomic"

// WithLimits answers limits@openssh.com with l and holds the client to it as sftp-server does: a longer packet ends the
// channel, a longer READ is answered short. A longer WRITE fails.
func WithLimits(l Limits) Fault { return withLimits{limits: l} }

type withLimits struct {
	passive
	limits Limits
}

func (w withLimits) Request(c *Call) Action {
	over := func(n, limit uint64) bool { return limit > 0 && n > limit }
	switch {
	case c.Ext == ExtLimits:
		return w.limits.answer(c)
	case over(uint64(len(c.Request)-4), w.limits.Packet):
		return Hangup
	case c.Kind == Read && over(uint64(c.Length), w.limits.Read):
		c.SetLength(uint32(w.limits.Read))
	case c.Kind == Write && over(uint64(c.Length), w.limits.Write):
		return c.Status(Failure)
	}
	return Pass
}

// Without leaves an extension out: it is not announced, and a request for it is answered OP_UNSUPPORTED.
func Without(ext string) Fault { return without{ext} }

type without struct{ ext string }

func (w without) Request(c *Call) Action {
	if c.Ext == w.ext {
		return c.Status(OpUnsupported)
	}
	return Pass
}

func (w without) Reply(c *Call) Action {
	if c.Kind != Init {
		return Pass
	}
	r := c.Reply.reader()
	c.Reply = NewPacket(Version, c.Reply.ID())
	for len(r.b) > 0 && r.ok {
		if name, data := r.string(), r.string(); name != w.ext {
			c.Reply = c.Reply.AddString(name).AddString(data)
		}
	}
	return Pass
}

// Reorder holds up to n-1 replies, and sends them after the n-th, the newest first. Replies that no others follow go out after
// a moment.
func Reorder(n int) Fault { return &reorder{n: int64(n)} }

type reorder struct {
	passive
	n    int64
	seen atomic.Int64
}

func (r *reorder) Reply(c *Call) Action {
	switch {
	case c.Kind == Init:
		return Pass
	case r.seen.Add(1)%r.n == 0:
		return Release
	}
	return Hold
}
