package sshpool

import (
	"cmp"
	"context"
	"time"
)

// Every phase of a login has a limit, but for a person's answer: a server that takes connections and falls silent must not keep a copy
// waiting (docs/design/silence.md). The limits are here, and nowhere else.

const (
	// handshakeTimeout is the limit where the user sets none.
	handshakeTimeout = 60 * time.Second
	// personPatience is how long a server may take to judge a secret: it may ask somebody's telephone meanwhile. sshd's LoginGraceTime is as
	// long.
	personPatience = 2 * time.Minute
)

// patience is how long the server may be silent while it is waited for.
func (o Options) patience() time.Duration { return cmp.Or(o.Patience, handshakeTimeout) }

// handshake is how long TCP's connection, the version exchange and the key exchange may take each (ConnectTimeout, ssh_config(5)).
func (o Options) handshake() time.Duration { return cmp.Or(o.Host.ConnectTimeout, o.patience()) }

// judging is how long a server may take over a secret.
func (o Options) judging() time.Duration { return max(o.patience(), personPatience) }

// late is the error of a server that has let us in and does not open a channel.
func (o Options) late() error {
	return &DialError{Host: o.Host.Alias, Addr: o.Host.Addr(), Kind: Timeout, Err: context.DeadlineExceeded}
}

// await bounds the wait for the server's next word.
func (n *netConn) await(limit time.Duration) { _ = n.SetReadDeadline(time.Now().Add(limit)) } // a broken connection shows by itself

// rest ends the bound: it is not the server that is waited for.
func (n *netConn) rest() { _ = n.SetDeadline(time.Time{}) }
