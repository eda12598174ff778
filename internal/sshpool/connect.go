package sshpool

import (
	"context"
	"errors"
	"net"
	"time"
)

// connect makes what SSH runs on: TCP, a channel of the jump host, or the standard input and output of a command.
func (c *Conn) connect(ctx context.Context) (net.Conn, error) {
	p, h := c.pool, c.pool.o.Host
	switch {
	case p.jump != nil:
		return p.jump.forward(ctx, h)
	case h.ProxyCommand != "":
		return p.startProxy(ctx)
	}
	for attempt := 1; ; attempt++ {
		conn, err := c.connectTCP(ctx)
		if err == nil || attempt >= h.ConnectionAttempts || ctx.Err() != nil || errors.As(err, new(*CongestionError)) {
			return conn, err
		}
		p.o.Log(1, "connection %d: %v, again in 1 s", c.id, err) // ConnectionAttempts (ssh_config(5)): one per second
		if err := p.o.Clock.Sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// isDirect reports whether connections are TCP connections to the host itself.
func (p *Pool) isDirect() bool { return p.jump == nil && p.o.Host.ProxyCommand == "" }

func (c *Conn) connectTCP(ctx context.Context) (net.Conn, error) {
	h := c.pool.o.Host
	if h.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.ConnectTimeout)
		defer cancel()
	}
	if again := c.pool.again(); again != "" {
		conn, err := c.dialAddress(ctx, again)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		c.pool.o.Log(1, "connection %d: %s no longer answers, mscp tries all addresses of %s: %v", c.id, again, h.HostName, err)
	}
	return c.pool.o.Dialer.DialContext(ctx, h.Family.Network(), h.Addr())
}

// dialAddress dials the address that answered before, but not for ever: the name may have others.
func (c *Conn) dialAddress(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, pinnedTimeout)
	defer cancel()
	return c.pool.o.Dialer.DialContext(ctx, c.pool.o.Host.Family.Network(), address)
}

// pinnedTimeout is how long the first connection's address may take to answer before the other addresses of the name are tried.
const pinnedTimeout = 10 * time.Second

// pin remembers the address of the first connection that logs in. Further connections are made to it, because a name may have the
// addresses of several machines.
func (p *Pool) pin(c *Conn) {
	tcp, ok := c.net.Conn.RemoteAddr().(*net.TCPAddr)
	if !ok || p.jump != nil || p.o.Host.ProxyCommand != "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pinned == "" {
		p.pinned = tcp.String()
	}
}

// again is the address to dial again, empty before the first login.
func (p *Pool) again() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pinned
}

// viaAddr is the address of a host that is not reached by an address of ours.
type viaAddr string

func (viaAddr) Network() string  { return "via" }
func (a viaAddr) String() string { return string(a) }
