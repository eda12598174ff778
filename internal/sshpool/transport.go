package sshpool

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Transport hands out SFTP channels to one host, whatever they run on. Its methods may be called by many goroutines at once.
type Transport interface {
	// Open returns one more channel, on which a server's SFTP subsystem waits for the client's first request. The context
	// bounds the opening, not the channel's life.
	Open(ctx context.Context) (Stream, error)
	// Close ends all channels and waits for all goroutines and processes. No Open may be under way.
	Close() error
}

// Stream is an SFTP channel.
type Stream interface {
	io.ReadWriteCloser
	// ConnID tells apart the connections that channels share.
	ConnID() int
	// Exec runs a command by the login shell on the server, beside the channel, as [Conn.Exec] does.
	Exec(ctx context.Context, command, stdin string) (string, error)
}

// Kind is a way to reach a server.
type Kind int

const (
	// Auto logs in as Native does, and where it does not get in without asking anybody uses a running ControlMaster.
	Auto Kind = iota
	// Native is this program's own SSH.
	Native
	// Control uses a running ControlMaster.
	Control
	// OpenSSH starts the system's ssh for each connection.
	OpenSSH
)

// ParseKind reads the name of a kind.
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames() {
		if n == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("%q is not a transport: native, control or openssh", name)
}

// String is the kind's name.
func (k Kind) String() string { return kindNames()[k] }

func kindNames() []string { return []string{"auto", "native", "control", "openssh"} }

// NewTransport returns a transport that has not dialled yet. command is how OpenSSH is started; other kinds need none. Control without
// Host.ControlPath is a *[ControlError].
func NewTransport(kind Kind, o Options, command Command) (Transport, error) {
	switch kind {
	case Control:
		if o.Host.ControlPath == "" {
			return nil, &ControlError{Host: o.Host.Alias, Advice: masterAdvice(o)}
		}
		return newControl(o), nil
	case OpenSSH:
		return newOpenSSH(o, command), nil
	case Auto:
		if o.Host.ControlPath != "" {
			return &auto{o: o, turn: make(chan struct{}, 1)}, nil
		}
	}
	return transport{New(o)}, nil
}

// transport is a Pool.
type transport struct{ *Pool }

func (t transport) Open(ctx context.Context) (Stream, error) {
	ch, err := t.Pool.Open(ctx)
	if err != nil {
		return nil, err
	}
	return ch, nil
}

// ConnID implements Stream.
func (c *Channel) ConnID() int { return c.conn.ID() }

// Exec implements Stream.
func (c *Channel) Exec(ctx context.Context, command, stdin string) (string, error) {
	return c.conn.Exec(ctx, command, stdin)
}

// auto decides at the first Open: while a ControlMaster answers, nobody is asked what it makes unnecessary.
type auto struct {
	o      Options
	turn   chan struct{} // held by an Open that decides
	chosen Transport     // nil until then; whoever holds turn may use it
}

func (a *auto) Open(ctx context.Context) (Stream, error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a.chosen != nil {
		<-a.turn
		return a.chosen.Open(ctx)
	}
	defer func() { <-a.turn }()
	if !answers(ctx, a.o) {
		a.chosen = transport{New(a.o)}
		return a.chosen.Open(ctx)
	}
	quiet := a.o
	quiet.Prompter = nil
	a.chosen = transport{New(quiet)}
	ch, err := a.chosen.Open(ctx)
	if err == nil || ctx.Err() != nil || !masterHelps(err) {
		return ch, err
	}
	quiet.withDefaults().Log(1, "mscp cannot log in without a question (%v), and goes through the ControlMaster", err)
	_ = a.chosen.Close()
	a.chosen = newControl(a.o)
	return a.chosen.Open(ctx)
}

// Close implements Transport.
func (a *auto) Close() error {
	if a.chosen == nil {
		return nil
	}
	return a.chosen.Close()
}

// masterHelps reports whether a server that did not let us in may be reached through a master all the same. A host key
// that has changed or is revoked is a warning that no master takes back.
func masterHelps(err error) bool {
	var key *HostKeyError
	return !errors.As(err, &key) || key.Kind == Unknown
}
