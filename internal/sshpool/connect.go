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

func (c *Conn) connectTCP(ctx context.Context) (net.Conn, error) {
	h := c.pool.o.Host
	if h.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.ConnectTimeout)
		defer cancel()
	}
	return c.pool.o.Dialer.DialContext(ctx, h.Family.Network(), h.Addr())
}

// viaAddr is the address of a host that is not reached by an address of ours.
type viaAddr string

func (viaAddr) Network() string  { return "via" }
func (a viaAddr) String() string { return string(a) }
