package sshserver

import "golang.org/x/crypto/ssh"

// Options say what a Server accepts and how it misbehaves. The zero value accepts nobody.
type Options struct {
	// Home is the directory that relative paths start from; empty: the process's working directory.
	Home string
	// HostKeys are the server's own; none: a fresh ed25519 key.
	HostKeys []ssh.Signer

	// Any user name is accepted whose credential is right. Each of the following adds a method.
	Keys      []ssh.PublicKey
	Password  string
	Questions []Question // asked together, by keyboard-interactive
	// TwoSteps makes a key or password only the first step; the Questions are the second.
	TwoSteps bool
	// NoAuth accepts everybody without a credential.
	NoAuth bool
	// MaxAuthTries per connection; 0: 6, as sshd.
	MaxAuthTries int

	// SSH holds ciphers, key exchanges, MACs and the RekeyThreshold in bytes.
	SSH ssh.Config
	// MaxStartups is how many connections may be unauthenticated at once, and MaxConns how many may be open at once. One
	// more is closed before a byte is sent, as sshd does past MaxStartups. 0: no limit.
	MaxStartups, MaxConns int
	// MaxSessions is how many channels a connection may have at once; 0: 10, as sshd.
	MaxSessions int
	// NoSFTP refuses the subsystem.
	NoSFTP bool

	// Line says what happens to the n-th connection, counted from 1; nil: nothing.
	Line func(n int) Line
	// Faults are what the SFTP server does wrong. Requests pass through them in order, replies in the reverse order;
	// Reorder and others that change replies stand first, that they see the answers of the others.
	Faults []Fault
}

// Question is one prompt of keyboard-interactive authentication (RFC 4256).
type Question struct {
	Prompt  string
	Echo    bool
	Answers []string // any of them is right
	Once    bool     // each answer is right once on this server, as a one-time password
}

// Line is what happens to a connection's bytes, of both directions together, below SSH. 0: nothing.
type Line struct {
	CutAfter   int64 // bytes, then the connection is closed
	StallAfter int64 // bytes, then nothing passes any more, and the connection stays open
}

func (o Options) maxSessions() int {
	if o.MaxSessions == 0 {
		return 10
	}
	return o.MaxSessions
}
