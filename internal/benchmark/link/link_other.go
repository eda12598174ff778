//go:build !linux

package link

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
)

// Link is a running link. This system has none.
type Link struct{}

// Namespace is one end of a Link.
type Namespace struct{}

// New returns an error: a *ParseError for a config that cannot be, or else ErrUnsupported.
func New(_ context.Context, c Config) (*Link, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return nil, ErrUnsupported
}

func (*Link) Client() *Namespace     { return &Namespace{} }
func (*Link) Server() *Namespace     { return &Namespace{} }
func (*Link) ServerAddr() netip.Addr { return netip.Addr{} }
func (*Link) Stats() (Stats, error)  { return Stats{}, ErrUnsupported }
func (*Link) Close() error           { return nil }

func (*Namespace) Addr() netip.Addr      { return netip.Addr{} }
func (*Namespace) Do(func() error) error { return ErrUnsupported }
func (*Namespace) Start(*exec.Cmd) error { return ErrUnsupported }

func (*Namespace) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, ErrUnsupported
}

func (*Namespace) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, ErrUnsupported
}
