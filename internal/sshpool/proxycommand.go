package sshpool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// proxyGrace is how long a ProxyCommand may take to end when it is told to (SIGHUP, as OpenSSH does), before it is killed.
const proxyGrace = 2 * time.Second

// ProxyError is a ProxyCommand that failed before it had passed on a byte.
type ProxyError struct {
	Command string
	Stderr  string // its last lines
	Err     error  // how it ended
}

func (e *ProxyError) Error() string {
	s := fmt.Sprintf("ProxyCommand %q: %v", e.Command, e.Err)
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

func (e *ProxyError) Unwrap() error { return e.Err }

// proxy is a running ProxyCommand as a network connection.
type proxy struct {
	command string
	in, out *os.File
	remote  viaAddr
	stderr  *tail
	passed  atomic.Bool // it has passed on a byte
	end     context.CancelFunc
	exited  chan struct{}
	err     error // before exited
	closes  sync.Once
}

// startProxy runs ProxyCommand as OpenSSH does: by the user's shell, which exec lets out of the way.
func (p *Pool) startProxy(ctx context.Context) (net.Conn, error) {
	h := p.o.Host
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the Open that started it
	x := &proxy{command: h.ProxyCommand, remote: viaAddr(h.Addr()), end: cancel, exited: make(chan struct{}),
		stderr: &tail{line: func(line string) { p.o.Log(1, "ProxyCommand: %s", printable(line)) }}}
	cmd := exec.CommandContext(ctx, h.Shell, "-c", "exec "+h.ProxyCommand)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGHUP) }
	cmd.WaitDelay = proxyGrace
	cmd.Stderr = x.stderr
	if err := x.start(cmd); err != nil {
		cancel()
		return nil, &DialError{Host: h.Alias, Addr: h.Addr(), Kind: Failed, Err: &ProxyError{Command: h.ProxyCommand, Err: err}}
	}
	p.running.Go(func() {
		defer cancel()
		x.err = cmd.Wait()
		close(x.exited)
	})
	return x, nil
}

// start gives the command pipes of our own: unlike cmd.StdoutPipe's they may be read while Wait waits, and they have
// deadlines.
func (x *proxy) start(cmd *exec.Cmd) (err error) {
	theirIn, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirIn.Close()
	mine, theirOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, ours.Close())
	}
	defer theirOut.Close()
	x.in, x.out, cmd.Stdin, cmd.Stdout = ours, mine, theirIn, theirOut
	if err := cmd.Start(); err != nil {
		return errors.Join(err, ours.Close(), mine.Close())
	}
	return nil
}

// Read returns a *ProxyError where the command has failed without a word of the server.
func (x *proxy) Read(p []byte) (int, error) {
	n, err := x.out.Read(p)
	if n > 0 {
		x.passed.Store(true)
	}
	if err != io.EOF || x.passed.Load() {
		return n, err
	}
	select {
	case <-x.exited:
	case <-time.After(proxyGrace):
		return n, err
	}
	if x.err != nil {
		return n, &ProxyError{x.command, printable(x.stderr.text()), x.err}
	}
	return n, err
}

func (x *proxy) Write(p []byte) (int, error) { return x.in.Write(p) }

// Close ends the command; the pool waits for it.
func (x *proxy) Close() (err error) {
	x.closes.Do(func() {
		x.end()
		err = errors.Join(x.in.Close(), x.out.Close())
	})
	return err
}

func (x *proxy) SetDeadline(t time.Time) error {
	return errors.Join(x.out.SetReadDeadline(t), x.in.SetWriteDeadline(t))
}

func (x *proxy) SetReadDeadline(t time.Time) error  { return x.out.SetReadDeadline(t) }
func (x *proxy) SetWriteDeadline(t time.Time) error { return x.in.SetWriteDeadline(t) }
func (x *proxy) LocalAddr() net.Addr                { return x.remote }
func (x *proxy) RemoteAddr() net.Addr               { return x.remote }

var _ net.Conn = (*proxy)(nil)
