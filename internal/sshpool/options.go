package sshpool

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"mscp/internal/sshconf"
)

// Options say what a pool connects to and how. Host is required.
type Options struct {
	Host        *sshconf.Host
	Connections int           // at most so many; 0: 1
	Sessions    int           // channels per connection; 0: 1
	MaxStartups int           // concurrent logins; 0: 8
	Ahead       int           // of Connections, made before Opens want them: see the package doc
	Patience    time.Duration // how long the server may be silent while a channel is made; 0: a minute
	Alive       time.Duration // ask for a sign of life at least so often, where that is asked for at all; 0: ServerAliveInterval
	Interval    time.Duration // between the starts of logins, which then go one at a time
	Nagle       bool          // leave TCP_NODELAY off
	Congestion  string        // TCP congestion control (Linux); empty: the system's

	Prompter   Prompter // nil: nobody to ask
	Password   string   // tried once, before anybody is asked
	Passphrase string   // tried once on each encrypted key, before anybody is asked

	SSHFlags []string // what ssh must be given to reach the host, for advice

	Notice func(string) // told once of what costs the user speed; nil: nobody
	// Limited is told when the site seems to limit new connections: how many it answered within a minute. 0: it let the first one wait.
	Limited func(answered int)
	// AnswerWithin is how long a new connection may be without an answer before the user is told; 0: 10 s.
	AnswerWithin time.Duration
	Log          Log     // nil: none
	Dialer       Dialer  // nil: TCP as the fields above say
	Clock        Clock   // nil: the system's
	Jitter       float64 // of pauses, from 0 to 1; 0: random
}

// Log takes what a user sees with -v: 0 for what is worth a word, and with more of them 1 for steps, 2 for details, 3 for protocol. It may be called by many
// goroutines at once.
type Log func(level int, format string, args ...any)

// Prompter asks the user. Only one question is asked at a time. Without a terminal both return ErrNoTerminal.
type Prompter interface {
	// Secret reads a line without echo.
	Secret(ctx context.Context, prompt string) (string, error)
	// Confirm reads a line.
	Confirm(ctx context.Context, prompt string) (answer string, error error)
}

// Dialer is what net.Dialer does.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Clock is the passing of time.
type Clock interface {
	Now() time.Time
	// Sleep returns nil after d, or the context's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type nobody struct{}

func (nobody) Secret(context.Context, string) (string, error)  { return "", ErrNoTerminal }
func (nobody) Confirm(context.Context, string) (string, error) { return "", ErrNoTerminal }

func (o Options) withDefaults() Options {
	o.Connections = max(o.Connections, 1)
	o.Sessions = max(o.Sessions, 1)
	if o.MaxStartups <= 0 {
		o.MaxStartups = 8
	}
	if o.Interval > 0 {
		o.MaxStartups = 1
	}
	if o.Prompter == nil || o.Host.BatchMode {
		o.Prompter = nobody{}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Limited == nil {
		o.Limited = func(int) {}
	}
	if o.AnswerWithin <= 0 {
		o.AnswerWithin = answerWithin
	}
	if o.Log == nil {
		o.Log = func(int, string, ...any) {}
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Dialer == nil {
		o.Dialer = named{tcpDialer(o), lookupNSS}
	}
	return o
}

// jitter is a factor from 0.5 to 1.5 that keeps connections from coming back all at once.
func (o Options) jitter() float64 {
	if o.Jitter > 0 {
		return 0.5 + o.Jitter
	}
	return 0.5 + rand.Float64()
}
