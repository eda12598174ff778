package sshpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"mscp/internal/bytepath"
)

// Command is how the system's ssh is started.
type Command struct {
	Path string   // of ssh; empty: found in $PATH
	Args []string // the user's options, such as "-p", "2222"
	Host string   // as ssh is to see it
}

// line is the argument list for one channel.
func (c Command) line(ours []string) []string {
	return append(c.options(ours), "-s", "--", c.Host, "sftp")
}

// options puts ours before the user's, for an option's first value counts: ssh is to be a pipe and nothing else, as for scp and sftp.
func (c Command) options(ours []string) []string {
	return slices.Concat(
		[]string{"-x", "-oForwardAgent=no", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none",
			"-oRequestTTY=no", "-oControlPersist=no"},
		ours, c.Args)
}

// openSSH starts an ssh for each channel. The first may ask the user. The second tries to log in beside it without asking: where it
// can, so can the others; where not, all others become sessions on the first one's connection, as clients of a ControlMaster.
type openSSH struct {
	o       Options
	command Command
	gate    *gate

	mu       sync.Mutex
	opened   int    // channels, so far
	master   string // the socket for sessions on the first connection
	dir      string // holds that socket, if it is ours
	noMaster error  // why there is no such socket
	sharing  bool   // no further connections
	closed   bool

	closing chan struct{}
	running sync.WaitGroup // of processes
}

func newOpenSSH(o Options, command Command) *openSSH {
	o = o.withDefaults()
	if command.Path == "" {
		command.Path = "ssh"
	}
	return &openSSH{o: o, command: command, gate: newGate(o), closing: make(chan struct{})}
}

// Open implements Transport.
func (t *openSSH) Open(ctx context.Context) (Stream, error) {
	if err := t.gate.enter(ctx); err != nil {
		return nil, err
	}
	defer t.gate.leave()
	p, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (t *openSSH) open(ctx context.Context) (*process, error) {
	id, sharing, err := t.next()
	switch {
	case err != nil:
		return nil, err
	case id == 1:
		p, err := t.first(ctx)
		if err != nil {
			t.forget()
		}
		return p, err
	case sharing:
		return t.session(ctx)
	}
	p, err := t.unasked(ctx, id, "-oControlPath=none")
	if ctx.Err() != nil {
		return p, err
	}
	if err == nil {
		t.gate.open()
		return p, nil
	}
	t.share(err)
	return t.session(ctx)
}

// next numbers a channel.
func (t *openSSH) next() (id int, sharing bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, false, ErrClosed
	}
	t.opened++
	return t.opened, t.sharing, nil
}

// forget lets the next Open be the first once more.
func (t *openSSH) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = 0
}

// first uses the user's ControlMaster where one runs, and otherwise is one.
func (t *openSSH) first(ctx context.Context) (*process, error) {
	if t.o.Host.ControlPath != "" && answers(ctx, t.o) {
		t.master = t.o.Host.ControlPath
		return t.start(ctx, 1, "-oControlMaster=no")
	}
	if t.dir == "" {
		dir, err := scratchDir(socketMax - len("/s") - len(".0123456789abcdef"))
		if err != nil {
			t.noMaster = fmt.Errorf("no directory for ssh's socket, TMPDIR can name one: %w", err)
			return t.start(ctx, 1, "-oControlMaster=no", "-oControlPath=none")
		}
		t.dir, t.master = dir, bytepath.Join(dir, "s")
	}
	return t.start(ctx, 1, "-oControlMaster=yes", "-oControlPath="+t.master)
}

// socketMax is how long the path of a Unix socket may be, in bytes, on every system; ssh binds it under a name with 17 bytes more.
const socketMax = 103

// session opens a channel on the first connection. BatchMode: where the master refuses, ssh would try a login of its own.
func (t *openSSH) session(ctx context.Context) (*process, error) {
	if t.noMaster != nil {
		return nil, t.noMaster
	}
	return t.unasked(ctx, 1, "-oControlMaster=no", "-oControlPath="+t.master)
}

// unasked starts an ssh that asks nobody, and therefore has a limit: its login takes several answers of the server.
func (t *openSSH) unasked(ctx context.Context, id int, ours ...string) (*process, error) {
	within, cancel := context.WithTimeout(ctx, 2*t.o.patience())
	defer cancel()
	p, err := t.start(within, id, append(ours, "-oBatchMode=yes")...)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = t.o.late()
	}
	return p, err
}

// exec runs a command as a session on the first connection.
func (t *openSSH) exec(ctx context.Context, command, stdin string) (string, error) {
	if t.noMaster != nil {
		return "", t.noMaster
	}
	args := append(t.command.options([]string{"-oControlMaster=no", "-oControlPath=" + t.master, "-oBatchMode=yes"}),
		"--", t.command.Host, command)
	cmd := exec.CommandContext(ctx, t.command.Path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	out = out[:min(len(out), maxOutput)]
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return string(out), &ExitError{command, exit.ExitCode()}
	}
	return string(out), err
}

// share is called when a further login failed.
func (t *openSSH) share(why error) {
	t.mu.Lock()
	first := !t.sharing
	t.sharing = true
	t.mu.Unlock()
	t.gate.open()
	if first {
		t.o.Notice(fmt.Sprintf("%s: a further ssh could not log in without a question: the other channels run on the first connection, "+
			"so one core and one TCP stream carry them all (%v)", t.o.Host.Alias, why))
	}
}

// Close implements Transport. Each ssh is told to end at once: whatever matters has been acknowledged.
func (t *openSSH) Close() error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.closing)
	}
	dir := t.dir
	t.mu.Unlock()
	t.running.Wait()
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}
