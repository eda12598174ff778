package sshpool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

const clientVersion = "SSH-2.0-mscp"

// dial connects, verifies the host key and logs in. Where hold is given the connection is made ahead: hold is called before
// the login, whose error ends it, and the user is not asked about the host key.
func (c *Conn) dial(ctx context.Context, hold func() error) error {
	o := c.pool.o
	h := o.Host
	o.Log(1, "connection %d: connecting to %s", c.id, h.Addr())
	answered := func(bool) {}
	if c.pool.isDirect() {
		answered = c.pool.watchAnswer()
	}
	defer func() { answered(false) }()
	tcp, err := c.connect(ctx)
	if err != nil {
		return dialError(ctx, h.Alias, h.Addr(), err)
	}
	raw := newNetConn(tcp)
	c.net = raw
	c.pool.running.Go(raw.behind.run)
	unwatch := context.AfterFunc(ctx, func() { _ = raw.Close() }) // not c.net, which a further dial may have replaced
	defer unwatch()

	login := c.pool.auth.login(ctx, c)
	login.hold = hold
	defer login.close()
	check := &keyCheck{keys: c.pool.keys, ctx: ctx, net: c.net, quiet: hold != nil, answered: answered, patience: o.patience()}
	if err := c.net.SetDeadline(time.Now().Add(o.handshake())); err != nil {
		_ = c.net.Close()
		return dialError(ctx, h.Alias, h.Addr(), err)
	}
	config, err := c.config(login, check)
	if err != nil {
		_ = c.net.Close()
		return err
	}
	conn, chans, reqs, err := ssh.NewClientConn(c.net, strings.ToLower(h.KnownHostsAddr()), config)
	if err != nil {
		return c.explain(ctx, err, login, check)
	}
	c.net.rest()
	if err := login.wait(); err != nil { // the server lets everybody in
		_ = c.net.Close()
		return err
	}
	if !unwatch() { // the context has ended and closed it
		_ = conn.Close()
		return ctx.Err()
	}
	c.ssh = conn
	c.pool.pin(c)
	if turnsNagleOff(string(conn.ServerVersion())) {
		c.net.ack.Store(nil)
	}
	if login.succeeded() {
		c.pool.startAhead(ctx)
		c.pool.gate.open()
	} else if c.pool.auth.isOneTime() {
		c.pool.dialNoMore()
	}
	c.serve(ctx, chans, reqs)
	o.Log(1, "connection %d: logged in as %s, cipher %s", c.id, h.User, c.Cipher())
	return nil
}

// config leaves RekeyThreshold to x/crypto/ssh unless RekeyLimit is set: like OpenSSH it then keeps an AES key for 2^32
// blocks, 64 GiB (RFC 4344 section 3.2), and others for 1 GiB (RFC 4253 section 9).
func (c *Conn) config(login *login, check *keyCheck) (*ssh.ClientConfig, error) {
	h := c.pool.o.Host
	algorithms, err := c.pool.keys.algorithms()
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		Config: ssh.Config{
			Ciphers: h.Ciphers, MACs: h.MACs, KeyExchanges: h.KexAlgorithms, RekeyThreshold: h.RekeyLimit,
		},
		User:              h.User,
		AuthCallback:      login.next,
		HostKeyCallback:   check.verify,
		HostKeyAlgorithms: algorithms,
		ClientVersion:     clientVersion,
		BannerCallback: func(message string) error {
			c.pool.o.Log(1, "%s", printable(message))
			return nil
		},
	}, nil
}

// explain finds the reason of a failed handshake. x/crypto/ssh reports most of them as text, so what its callbacks
// have recorded comes first.
func (c *Conn) explain(ctx context.Context, err error, login *login, check *keyCheck) error {
	h := c.pool.o.Host
	var negotiation *ssh.AlgorithmNegotiationError
	var auth *AuthError
	var proxy *ProxyError
	switch {
	case check.err != nil:
		return check.err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &auth):
		return auth
	case errors.As(err, &negotiation):
		return &AlgorithmError{h.Alias, negotiation.What, negotiation.SupportedAlgorithms, negotiation.RequestedAlgorithms, err}
	case errors.Is(c.net.broken(), os.ErrDeadlineExceeded):
		return &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Timeout, Err: err}
	case login.rejected():
		return login.failure(nil, err) // the server has had enough (MaxAuthTries)
	case errors.As(c.net.broken(), &proxy):
		return &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Failed, Err: proxy}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Timeout, Err: err}
	case c.net.broken() != nil || login.begun:
		return &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Dropped, Err: err}
	}
	return &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Failed, Err: fmt.Errorf("not an SSH server that mscp understands: %w", err)}
}

// dialError classifies an error of package net.
func dialError(ctx context.Context, host, addr string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var congestion *CongestionError
	if errors.As(err, &congestion) {
		return congestion
	}
	if errors.As(err, new(*JumpError)) || errors.As(err, new(*DialError)) {
		return err // it says what and where
	}
	e := &DialError{Host: host, Addr: addr, Kind: Failed, Err: err}
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Kind = NoSuchHost
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Kind = Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Kind = Unreachable
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Kind = Timeout
	}
	return e
}
