package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/progress"
	"mscp/internal/quote"
	"mscp/internal/sshconf"
	"mscp/internal/sshpool"
	"mscp/internal/transfer"
)

// dialer opens lanes to the one remote host.
type dialer struct {
	sshpool.Transport
	prompt *prompter
	side   string
	host   string       // whatever its alias is: USER@NAME:PORT
	server *fsys.Server // what its lanes have found out of it
	block  int
	stall  time.Duration // how long an SFTP server may take to answer; 0: for ever
	login  time.Duration // what the first login took

	commands *commands
	opened   func(*lane)
}

// lane is an SFTP session and the channel that it runs on.
type lane struct {
	channel sshpool.Stream
	sftp    *fsys.SFTP
	used    func()
	closed  func()
}

func (l *lane) FS() transfer.Remote { return l.sftp }
func (l *lane) Conn() int           { return l.channel.ConnID() }
func (l *lane) Use()                { l.used() }

func (l *lane) Close() error {
	l.closed()
	return l.sftp.Close()
}

func (c *copier) newDialer(ctx context.Context) (*dialer, error) {
	env := sshconf.SystemEnv()
	kind, err := c.transportKind()
	if err != nil {
		return nil, err
	}
	host, warnings, err := sshconf.Resolve(ctx, c.host(), c.sshFlags4Host(), env)
	if kind == sshpool.OpenSSH { // ssh reads its configuration itself, and knows more of it
		warnings = nil
		if err != nil && ctx.Err() == nil {
			host, err = &sshconf.Host{Alias: c.host().Host, ServerAliveInterval: 15 * time.Second, ServerAliveCountMax: 3}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		if !w.Detail || c.verbose > 0 {
			c.display.Notice(w.String())
		}
	}
	if c.congestion != "" {
		if err := sshpool.CheckCongestion(c.congestion); err != nil {
			return nil, err
		}
	}
	c.keepBelow(host)
	prompt := newPrompter(c.sys, c.display.Pause)
	t, err := c.newTransport(kind, sshpool.Options{
		Host:        host,
		Connections: c.connections,
		Sessions:    c.sessions,
		MaxStartups: c.maxStartups,
		Ahead:       c.ahead(),
		Patience:    c.patience(),
		Alive:       c.stallTimeout / 3,
		Interval:    time.Duration(c.interval),
		Nagle:       c.nagle,
		Congestion:  c.congestion,
		Prompter:    prompt,
		Password:    c.sys.getenv("MSCP_SSH_AUTH_PASSWORD"),
		Passphrase:  c.sys.getenv("MSCP_SSH_AUTH_PASSPHRASE"),
		SSHFlags:    c.sshArgs(),
		Notice:      c.display.Notice,
		Limited:     func(answered int) { c.limited(host, answered) },
		Log:         c.log(),
	})
	return &dialer{
		Transport: t, prompt: prompt, side: c.host().Login(), server: fsys.NewServer(), block: int(c.block), stall: c.stallTimeout, commands: newCommands(),
		host: fmt.Sprintf("%s@%s:%d", host.User, host.HostName, host.Port), opened: c.opened,
	}, err
}

// aheadBytes is what there must be to copy for each connection that is made before the first has logged in.
const aheadBytes = 8 << 20

// ahead is how many connections are made beside the first: where the user wants them and what is known without asking the server is
// surely enough for them, so in uploads of files.
func (c *copier) ahead() int {
	if !c.upload() || !c.eager() || c.dryRun {
		return 0
	}
	var bytes, chunks int64
	for _, s := range c.sources {
		if info, err := os.Stat(s.Path); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
			chunks += c.policy().Count(info.Size())
		}
	}
	return int(max(0, min(int64(c.connections), chunks, bytes/aheadBytes)-1))
}

// opened tells of a channel. What a channel through the system's ssh is enciphered with, only that ssh knows.
func (c *copier) opened(l *lane) {
	if c.dryRun {
		return // standard output is the plan
	}
	block := l.sftp.Block()
	e := progress.Channel{Connection: l.Conn(), Block: block, Inflight: transfer.BlocksInFlight(c.inflight, block)}
	if ch, ok := l.channel.(*sshpool.Channel); ok {
		e.Cipher = ch.Conn().Cipher()
	}
	c.display.Opened(e)
}

func (c *copier) sshFlags4Host() sshconf.Flags {
	f := sshconf.Flags{
		Login: c.flags.login, Port: c.port, ConfigFile: c.config, Options: c.options, Identities: c.identities,
		Jump: c.jump, Ciphers: c.ciphers, MACs: c.macs,
	}
	switch {
	case c.ipv4:
		f.Family = sshconf.IPv4
	case c.ipv6:
		f.Family = sshconf.IPv6
	}
	return f
}

// log is what -v and -d show of the connections.
func (c *copier) log() sshpool.Log {
	level := c.verbose - 1
	if c.debug {
		level = 3
	}
	if level < 0 {
		return nil
	}
	return func(l int, format string, args ...any) {
		if l <= level {
			fmt.Fprintf(c.sys.stderr, "mscp: ssh: %s\n", quote.Text(fmt.Sprintf(format, args...)))
		}
	}
}

// open opens the first lane, and measures what a login costs. The server's limits are not waited for: what is to be asked next can be
// asked meanwhile.
func (d *dialer) open(ctx context.Context) (*lane, error) {
	begun, asked := time.Now(), d.prompt.asked()
	l, err := d.start(ctx, func(*fsys.SFTP) error { return nil })
	d.login = since(begun, d.prompt.asked()-asked)
	return l, err
}

// patience is how long a server may be silent while a connection is made. A login takes longer than a request.
func (c *copier) patience() time.Duration {
	const least = 5 * time.Second
	if c.stallTimeout <= 0 {
		return 0
	}
	return max(c.stallTimeout, least)
}

// ended tells whether the connection under a channel has ended, or ends in a moment.
func ended(ch sshpool.Stream) bool {
	c, ok := ch.(*sshpool.Channel)
	if !ok {
		return false
	}
	const moment = 500 * time.Millisecond
	select {
	case <-c.Conn().Done():
		return true
	case <-time.After(moment):
		return false
	}
}

// openLane opens a further one.
func (d *dialer) openLane(ctx context.Context) (*lane, error) {
	l, err := d.start(ctx, (*fsys.SFTP).Ready)
	if err != nil {
		return nil, err
	}
	use := l.used
	l.used = func() { use(); d.opened(l) }
	return l, nil
}

// start opens a lane. wait waits for what the server has to answer before it counts as one that speaks SFTP.
func (d *dialer) start(ctx context.Context, wait func(*fsys.SFTP) error) (*lane, error) {
	ch, err := d.Open(ctx)
	d.prompt.release()
	if err != nil {
		return nil, err
	}
	// A server that does not speak SFTP must not keep a copy waiting, cancelled or not.
	within, cancel := ctx, context.CancelFunc(func() {})
	if d.stall > 0 {
		within, cancel = context.WithTimeoutCause(ctx, d.stall, fmt.Errorf("%w: no answer within %v", fsys.ErrLost, d.stall))
	}
	defer cancel()
	stop := context.AfterFunc(within, func() { ch.Close() })
	s, err := d.server.NewSFTP(ch, d.side, d.block)
	died := err != nil && ended(ch)
	if err == nil {
		if err = wait(s); err != nil {
			s.Close()
		}
	}
	if !stop() {
		if err == nil {
			s.Close()
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		err = context.Cause(within)
	}
	if err != nil {
		return nil, &startError{d.side, err, died}
	}
	l := &lane{channel: ch, sftp: s}
	l.used = func() { d.commands.add(l) } // not before: a command must not run on another machine
	l.closed = func() { d.commands.remove(l) }
	return l, nil
}

// since is the time that a login took without the time that the user took to answer.
func since(begun time.Time, asked time.Duration) time.Duration {
	return max(0, time.Since(begun)-asked)
}
