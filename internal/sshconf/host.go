// Package sshconf turns a remote argument, the flags and the user's OpenSSH configuration into a [Host]: all
// that a dial needs.
//
// The rules are OpenSSH's (ssh_config(5)). For each keyword the first value found counts, in this order: the
// flags, -o options, the user's file (-F, else ~/.ssh/config), the system's file (not with -F), the default.
// One rule is a file's own: IdentityFile adds up. The name after user@ is weaker than -l and stronger than -o.
//
// Where there is an ssh on this machine, it reads the files: "ssh -G" says what they hold for a host, and every Match,
// Include and canonical name comes out as with ssh. Elsewhere a reader of our own does: Host, Match (all, host,
// originalhost, user, localuser, final), Include, quotes and tokens. What else a Match asks for is an error there,
// for to pass over it could connect to another machine.
//
// Paths may start with ~ and hold the tokens of ssh_config(5). What a keyword asks for and this package does not
// know is reported as a [Warning] if it came by -o, and passed over if it came from a file, where it belongs to ssh.
// What would change where or as whom the program connects is never passed over: it is an [UnsupportedError].
package sshconf

import (
	"net"
	"strconv"
	"time"
)

// Host is what to dial, as whom, and what to insist on.
//
// Jump and ProxyCommand exclude each other; both empty: dial directly.
type Host struct {
	Alias    string // as the user wrote it
	HostName string // name or address to dial
	Port     int
	User     string

	Jump         *Host  // dial through this host, which may have a Jump of its own
	ProxyCommand string // the standard input and output of this shell command are the connection
	Shell        string // that runs ProxyCommand

	Family         Family
	BindAddress    string        // local address; empty: any
	ConnectTimeout time.Duration // for TCP and the key exchange; 0: the system's
	// ConnectionAttempts is how often TCP is tried, once a second.
	ConnectionAttempts int
	TCPKeepAlive       bool

	ServerAliveInterval time.Duration // a request after so long without an answer; 0: none
	ServerAliveCountMax int           // unanswered requests after which the connection is given up

	ControlPath string // socket of a ControlMaster, which need not be running; empty: none

	// Algorithms, in the order of preference.
	Ciphers, MACs, KexAlgorithms, HostKeyAlgorithms []string
	// HostKeyAlgorithmsSet: the user chose an order, so what known_hosts holds does not change it.
	HostKeyAlgorithmsSet bool
	RekeyLimit           uint64 // bytes; 0: as suits the cipher

	UserKnownHostsFiles   []string // the first is where a new key is written
	GlobalKnownHostsFiles []string
	HostKeyAlias          string // the name to look up instead of HostName
	RevokedHostKeys       string // a file of keys that no host may have; empty: none
	HashKnownHosts        bool
	// NoHostAuthenticationForLocalhost takes any host key from this machine, as long as there is no HostKeyAlias.
	NoHostAuthenticationForLocalhost bool
	StrictHostKeyChecking            Strictness

	IdentityFiles            []string // in the order to offer; those that do not exist are passed over
	IdentityFilesSet         bool     // the user named them: one that does not exist is worth a word
	CertificateFiles         []string // of users, for the keys of IdentityFiles or of the agent
	IdentitiesOnly           bool     // of the agent's keys only those of IdentityFiles
	AgentSocket              string   // empty: no agent
	AgentSocketSet           bool     // the user named it
	Authentications          []string // method names of RFC 4252, in the order to try
	NumberOfPasswordPrompts  int
	BatchMode                bool // ask nothing
	PubkeyAcceptedAlgorithms []string
}

// Addr is the address to dial.
func (h *Host) Addr() string { return net.JoinHostPort(h.HostName, strconv.Itoa(h.Port)) }

// KnownHostsAddr is the name under which known_hosts holds the host's key, with a port.
func (h *Host) KnownHostsAddr() string {
	if _, _, err := net.SplitHostPort(h.HostKeyAlias); err == nil {
		return h.HostKeyAlias // [host]:port
	}
	if h.HostKeyAlias != "" {
		return net.JoinHostPort(h.HostKeyAlias, "22") // an alias stands without a port (ssh_config(5))
	}
	return h.Addr()
}

// Strictness says what to do with a host key that known_hosts does not hold (StrictHostKeyChecking). A key that
// differs from the one it holds is refused at every strictness.
type Strictness int

const (
	Ask       Strictness = iota // ask the user
	Yes                         // refuse
	AcceptNew                   // accept and write down
	No                          // as AcceptNew; unlike ssh, a changed key is refused even so
)

// Family is the address family to dial.
type Family int

const (
	AnyFamily Family = iota
	IPv4
	IPv6
)

// Network is the family's name for package net.
func (f Family) Network() string {
	switch f {
	case IPv4:
		return "tcp4"
	case IPv6:
		return "tcp6"
	}
	return "tcp"
}
