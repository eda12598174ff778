package sshpool

import (
	"context"
	"fmt"
	"net"
	"syscall"
)

// tcp dials as the options say.
type tcp struct {
	net.Dialer
	nagle bool
}

// tcpDialer turns TCP keepalive on with the usual timing of a transfer tool rather than the kernel's two hours: the first
// probe after 15 s of silence, then 9 more.
func tcpDialer(o Options) Dialer {
	d := &tcp{nagle: o.Nagle}
	d.KeepAliveConfig = net.KeepAliveConfig{Enable: o.Host.TCPKeepAlive}
	if !o.Host.TCPKeepAlive {
		d.KeepAlive = -1
	}
	if o.Congestion != "" {
		// Before the connect, so that the first window is the algorithm's own.
		d.Control = func(_, _ string, raw syscall.RawConn) error {
			var err error
			if ctlErr := raw.Control(func(fd uintptr) { err = setCongestion(int(fd), o.Congestion) }); ctlErr != nil {
				return ctlErr
			}
			return err
		}
	}
	if o.Host.BindAddress != "" {
		return bound{d, o.Host.BindAddress}
	}
	return d
}

func (d *tcp) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok && d.nagle { // package net sets TCP_NODELAY
		if err := t.SetNoDelay(false); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("turn TCP_NODELAY off: %w", err)
		}
	}
	return c, nil
}

// bound dials from a local address, which may be a name.
type bound struct {
	*tcp
	from string
}

func (b bound) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ip := b.from
	if net.ParseIP(ip) == nil {
		found, err := net.DefaultResolver.LookupHost(ctx, b.from)
		if err != nil {
			if found, _ = lookupNSS(ctx, b.from); len(found) == 0 {
				return nil, fmt.Errorf("BindAddress %s: %w", b.from, err)
			}
		}
		ip = found[0]
	}
	d := *b.tcp
	d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(ip)}
	return d.DialContext(ctx, network, address)
}
