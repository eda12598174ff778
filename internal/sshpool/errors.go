package sshpool

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrSessionRefused is a server that admits no further session on a connection (sshd's MaxSessions).
	ErrSessionRefused = errors.New("the server refuses a further session on this connection")
	// ErrNoSubsystem is a server without SFTP.
	ErrNoSubsystem = errors.New("the server has no SFTP subsystem")
	// ErrEnded is a connection that the server ended after the login, before the SFTP session had begun.
	ErrEnded = errors.New("the server ended the connection after the login, before the SFTP session began")
	// ErrDropped is a connection that the server ended before authentication had a result (MaxStartups, penalties).
	ErrDropped = errors.New("the server closed the connection before login")
	// ErrAlgorithms is the absence of an algorithm that both sides have.
	ErrAlgorithms = errors.New("no common algorithm")
	// ErrFull is an Open that found as many channels open as the pool may have.
	ErrFull = errors.New("all channels of all connections are in use")
	// ErrClosed is an Open on a closed pool.
	ErrClosed = errors.New("the pool is closed")
	// ErrNoTerminal is what a Prompter returns where there is nobody to ask.
	ErrNoTerminal = errors.New("no terminal to ask on")
	// ErrDead is a connection given up because the server answered no keepalive request.
	ErrDead = errors.New("the server does not answer")
)

// Lost reports whether the connection broke while a channel was opened on it: another one may carry it.
func Lost(err error) bool { return errors.As(err, new(lostError)) }

// DialKind says how a connection failed.
type DialKind int

const (
	Failed      DialKind = iota // none of the below: Err says
	Refused                     // nobody listens on the port
	Timeout                     // no answer in time
	NoSuchHost                  // the name does not resolve
	Unreachable                 // no route
	Dropped                     // closed before login; errors.Is(err, ErrDropped)
)

func (k DialKind) String() string {
	return [...]string{"connection failed", "connection refused", "no answer in time", "no such host",
		"host or network unreachable", "the server closed the connection before login"}[k]
}

// DialError is a connection that could not be made; another attempt might succeed.
type DialError struct {
	Host string // as the user wrote it
	Addr string // host:port dialled
	Via  string // the jump host that could not reach it; empty: we could not
	Kind DialKind
	Err  error // the network's
}

func (e *DialError) Error() string {
	via := ""
	if e.Via != "" {
		via = " through " + e.Via
	}
	s := fmt.Sprintf("%s: connect to %s%s: %s", e.Host, e.Addr, via, e.Kind)
	if e.Kind == Failed {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *DialError) Unwrap() error        { return e.Err }
func (e *DialError) Is(target error) bool { return target == ErrDropped && e.Kind == Dropped }

// HostKeyKind says what is wrong with a host key.
type HostKeyKind int

const (
	Unknown     HostKeyKind = iota // known_hosts does not hold the host, and nobody confirmed the key
	Changed                        // known_hosts holds another key for the host
	Revoked                        // the key is marked @revoked
	Certificate                    // a host certificate that is not valid, or not for this host
	Unreadable                     // a known_hosts file cannot be used
)

// HostKeyError is a host key that is not trusted. Nothing was sent that could be abused.
type HostKeyError struct {
	Host        string // as known_hosts holds it
	Kind        HostKeyKind
	KeyType     string // "ssh-ed25519", ...
	Fingerprint string // "SHA256:...", as ssh-keygen -l prints it
	File        string // where the known or revoked key stands
	Line        int
	Refused     bool // the user said no
	Err         error
}

func (e *HostKeyError) Error() string {
	at := ""
	if e.File != "" {
		at = fmt.Sprintf(" (%s:%d)", e.File, e.Line)
	}
	key := e.KeyType + " " + e.Fingerprint
	switch {
	case e.Refused:
		return fmt.Sprintf("%s: host key %s was not accepted", e.Host, key)
	case e.Kind == Unknown:
		return fmt.Sprintf("%s: host key %s is not known", e.Host, key)
	case e.Kind == Changed:
		return fmt.Sprintf("%s: host key has changed: %s is not the key in known_hosts%s", e.Host, key, at)
	case e.Kind == Revoked:
		return fmt.Sprintf("%s: host key %s is revoked%s", e.Host, key, at)
	case e.Kind == Certificate:
		return fmt.Sprintf("%s: host certificate is not valid: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("%s: known_hosts cannot be used: %v", e.Host, e.Err)
}

func (e *HostKeyError) Unwrap() error { return e.Err }

// AuthError is a server that let nobody in.
type AuthError struct {
	Host, User string
	Tried      []string // what was rejected, in order: "publickey /home/u/.ssh/id_rsa", "password", ...
	Offered    []string // the methods that the server would still take
	NoTerminal bool     // a secret was wanted and there was nobody to ask
	Unasked    error    // why not, where NoTerminal is set: what the Prompter returned
	OneTime    bool     // the first connection took a one-time code or password, which is not sent again
	FromEnv    bool     // the password given beforehand (environment) was rejected
	Problems   []string // keys and agents that were not used, and why: what nobody has been told yet
	Err        error    // what ended it, if the server did not merely say no
}

func (e *AuthError) Error() string {
	if e.OneTime {
		return fmt.Sprintf("%s: mscp does not log in again as %s: the first login took a one-time answer", e.Host, e.User)
	}
	s := fmt.Sprintf("%s: permission denied for user %s", e.Host, e.User)
	if len(e.Tried) > 0 {
		s += " (tried: " + strings.Join(e.Tried, ", ") + ")"
	}
	if len(e.Offered) > 0 {
		s += " (the server takes: " + strings.Join(e.Offered, ", ") + ")"
	}
	return s
}

func (e *AuthError) Unwrap() error { return e.Err }

// AlgorithmError names what the two sides cannot agree on; errors.Is(err, ErrAlgorithms).
type AlgorithmError struct {
	Host         string
	What         string // "key exchange", "host key", "client to server cipher", ...
	Ours, Theirs []string
	Err          error
}

func (e *AlgorithmError) Error() string {
	return fmt.Sprintf("%s: no common %s: we offer %s; the server offers %s",
		e.Host, e.What, strings.Join(e.Ours, ","), strings.Join(e.Theirs, ","))
}

func (e *AlgorithmError) Unwrap() error        { return e.Err }
func (e *AlgorithmError) Is(target error) bool { return target == ErrAlgorithms }

// CongestionError is a TCP congestion control that the kernel does not have or does not allow.
type CongestionError struct {
	Name  string
	Known []string
	Err   error
}

func (e *CongestionError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("congestion control %q: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("congestion control %q: %v (known: %s)", e.Name, e.Err, strings.Join(e.Known, ", "))
}

func (e *CongestionError) Unwrap() error { return e.Err }

// final reports whether a further login would end the same way.
func final(err error) bool {
	var hostKey *HostKeyError
	var auth *AuthError
	var congestion *CongestionError
	return errors.As(err, &hostKey) || errors.As(err, &auth) || errors.As(err, &congestion) ||
		errors.Is(err, ErrAlgorithms) || errors.Is(err, ErrNoSubsystem) || errors.Is(err, ErrForwarding)
}
