package sshpool

import (
	"context"
	"errors"
	"slices"
	"time"
)

// aheadPatience is how long a connection that was made ahead waits at most, for the first login (the user may be typing) and then for an
// Open. sshd ends an unauthenticated one after 2 minutes (LoginGraceTime), and others shall have its place (MaxStartups).
const aheadPatience = 20 * time.Second

// ahead are the connections that are made while the first login comes to its end: TCP, key exchange and host key, and no more until the first login has
// succeeded. They then log in side by side, and wait for the Opens that will want them.
type ahead struct {
	patience time.Duration

	// Guarded by pool.mu.
	begun bool
	conns []*Conn            // not yet handed out
	drop  context.CancelFunc // ends those that wait for the first login
	end   context.CancelFunc // ends them all
}

// early is what a connection that was made ahead has beside others.
type early struct {
	taken  chan struct{} // closed when an Open has it
	cancel context.CancelFunc
	done   chan struct{} // closed when it is dialled, or has failed
	err    error         // before done
}

// startAhead begins to make further connections, once. It is called when the first login is about to succeed, not before: an OpenSSH
// server counts those that end without an attempt against the address (docs/design/ahead.md).
func (p *Pool) startAhead(ctx context.Context) {
	if p.o.Ahead <= 0 || !p.isDirect() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.ahead.begun {
		return
	}
	p.ahead.begun = true
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // they outlive the Open that is dialling
	waiting, drop := context.WithCancel(life)
	p.ahead.end, p.ahead.drop = end, drop
	for range min(p.o.Ahead, p.o.Connections-len(p.conns)) {
		if !p.gate.enterAhead() {
			return
		}
		ctx, cancel := context.WithCancel(life)
		p.lastID++
		c := newConn(p, p.lastID)
		c.early = &early{taken: make(chan struct{}), cancel: cancel, done: make(chan struct{})}
		p.ahead.conns = append(p.ahead.conns, c)
		p.running.Go(func() {
			defer cancel()
			p.prepare(ctx, waiting, c)
		})
	}
}

// prepare makes a connection ahead and keeps it until an Open takes it. Its failure is nobody's: the Open that wants it dials
// anew. Only a login that was refused counts, as any does.
func (p *Pool) prepare(ctx, waiting context.Context, c *Conn) {
	stay := context.AfterFunc(waiting, c.early.cancel)
	late := time.AfterFunc(p.ahead.patience, c.early.cancel)
	defer late.Stop()
	defer stay()
	leave := func() {}
	err := c.dial(ctx, func() (err error) {
		if leave, err = p.gate.turn(ctx); err != nil {
			return err
		}
		if !stay() || !late.Stop() {
			return context.Canceled
		}
		return p.ended() // the login that we waited for has settled it
	})
	if err != nil {
		p.o.Log(2, "connection %d: made ahead: %v", c.id, err)
	}
	p.settleAhead(c, err) // before the place is given to the next
	leave()
	p.gate.leaveAhead()
	if err == nil {
		p.keepAhead(ctx, c)
	}
}

func (p *Pool) settleAhead(c *Conn, err error) {
	if err == nil {
		c.finishDial(nil)
	} else {
		p.takeBack(c)
	}
	if errors.As(err, new(*AuthError)) {
		p.failed(err)
		p.shareOne(err)
	}
	c.early.err = err
	close(c.early.done)
}

// keepAhead ends a connection that nobody takes.
func (p *Pool) keepAhead(ctx context.Context, c *Conn) {
	patience := time.NewTimer(p.ahead.patience)
	defer patience.Stop()
	select {
	case <-c.early.taken:
		return
	case <-patience.C:
	case <-c.done:
	case <-ctx.Done():
	}
	if p.takeBack(c) {
		c.shut(ErrClosed)
	}
}

// takeBack reports whether c was there to be taken. Now it is not.
func (p *Pool) takeBack(c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.ahead.conns, c)
	if i >= 0 {
		p.ahead.conns = slices.Delete(p.ahead.conns, i, i+1)
	}
	return i >= 0
}

// takeAhead hands out the connection that was begun first; p.mu is held.
func (p *Pool) takeAhead() *Conn {
	if len(p.ahead.conns) == 0 {
		return nil
	}
	c := p.ahead.conns[0]
	p.ahead.conns = p.ahead.conns[1:]
	close(c.early.taken)
	return c
}

// dropAhead ends the connections that wait for the first login: it has failed, or no further one is allowed.
func (p *Pool) dropAhead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead.begun {
		p.ahead.drop()
	}
}

// endAhead ends all connections made ahead that nobody has taken; p.mu is held. Their goroutines close them.
func (p *Pool) endAhead() {
	if p.ahead.begun {
		p.ahead.end()
	}
}

// finish dials a connection that an Open has reserved, or waits for one that was made ahead.
func (p *Pool) finish(ctx context.Context, c *Conn) {
	if e := c.early; e != nil {
		select {
		case <-e.done:
		case <-ctx.Done():
			e.cancel() // without effect on one that is logged in
			<-e.done
		}
		if e.err == nil {
			return
		}
		if errors.As(e.err, new(*AuthError)) {
			c.finishDial(e.err)
			return
		}
	}
	c.finishDial(p.dialAgain(ctx, c))
}
