package sshpool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is an ssh whose standard input and output are an SFTP channel.
type process struct {
	t      *openSSH
	id     int
	cmd    *exec.Cmd
	in     *os.File // its standard input
	out    *os.File // its standard output
	stderr *tail
	exited chan struct{}

	greeting []byte // read, and not yet given to the client
	swallow  int    // bytes of the client's INIT that are still to come, and have been sent already
	closes   sync.Once
}

// start starts ssh and returns when the server's SFTP subsystem has answered.
func (t *openSSH) start(ctx context.Context, id int, ours ...string) (*process, error) {
	p := &process{t: t, id: id, exited: make(chan struct{})}
	p.stderr = &tail{line: func(s string) { t.o.Log(1, "connection %d: ssh: %s", id, printable(s)) }}
	p.cmd = exec.Command(t.command.Path, t.command.line(ours)...)
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = time.Second // a ProxyCommand that outlives ssh keeps its standard error open
	t.o.Log(1, "connection %d: %s", id, strings.Join(p.cmd.Args, " "))
	if err := p.spawn(); err != nil {
		return nil, &SSHError{Host: t.o.Host.Alias, Err: err}
	}
	t.running.Go(func() {
		_ = p.cmd.Wait() // ProcessState tells the same
		close(p.exited)
	})
	t.running.Go(func() {
		select {
		case <-p.exited:
		case <-t.closing:
			p.terminate()
		}
	})
	if err := p.greet(ctx); err != nil {
		_ = p.Close()
		p.terminate()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &SSHError{t.o.Host.Alias, p.cmd.ProcessState.ExitCode(), p.stderr.text(), err}
	}
	return p, nil
}

// spawn starts the process with a pipe each way.
func (p *process) spawn() error {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return err
	}
	defer theirOut.Close()
	enlarge(in)
	enlarge(out)
	p.in, p.out = in, out
	p.cmd.Stdin, p.cmd.Stdout = theirIn, theirOut
	if err := p.cmd.Start(); err != nil {
		return errors.Join(err, in.Close(), out.Close())
	}
	return nil
}

// initPacket is SSH_FXP_INIT, version 3 (draft-ietf-secsh-filexfer-02, section 4), as every client of ours sends it.
func initPacket() []byte { return []byte{0, 0, 0, 5, 1, 0, 0, 0, 3} }

// greet sends INIT and waits for the first bytes of the answer: ssh itself does not tell when it is logged in. The client's own INIT is
// dropped then, and gets this answer.
func (p *process) greet(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer stop()
	if _, err := p.in.Write(initPacket()); err != nil {
		return err
	}
	p.swallow = len(initPacket())
	buf := make([]byte, 4096)
	n, err := p.out.Read(buf)
	p.greeting = buf[:n]
	if err == nil && !stop() {
		return ctx.Err()
	}
	return err
}

// ConnID implements Stream.
func (p *process) ConnID() int { return p.id }

// Exec implements Stream.
func (p *process) Exec(ctx context.Context, command, stdin string) (string, error) {
	return p.t.exec(ctx, command, stdin)
}

func (p *process) Read(b []byte) (int, error) {
	if len(p.greeting) > 0 {
		n := copy(b, p.greeting)
		p.greeting = p.greeting[n:]
		return n, nil
	}
	return p.out.Read(b)
}

func (p *process) Write(b []byte) (int, error) {
	dropped := min(p.swallow, len(b))
	p.swallow -= dropped
	if dropped == len(b) {
		return dropped, nil
	}
	n, err := p.in.Write(b[dropped:])
	return dropped + n, err
}

// Close closes the pipes, upon which ssh ends once nobody else uses its connection, or at the latest with the transport.
func (p *process) Close() error {
	p.closes.Do(func() {
		_ = p.in.Close()
		_ = p.out.Close()
	})
	return nil
}

// terminate ends ssh and waits for it.
func (p *process) terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended
	grace := time.NewTimer(2 * time.Second)
	defer grace.Stop()
	select {
	case <-p.exited:
	case <-grace.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// SSHError is a system's ssh that opened no channel.
type SSHError struct {
	Host   string // as the user wrote it
	Status int    // its exit status; 255 is a failed connection or login
	Stderr string // the end of what it said
	Err    error
}

func (e *SSHError) Error() string {
	switch {
	case e.Stderr != "":
		return e.Host + ": ssh: " + e.Stderr
	case e.Status != 0:
		return fmt.Sprintf("%s: ssh ended with status %d", e.Host, e.Status)
	}
	return fmt.Sprintf("%s: ssh: %v", e.Host, e.Err)
}

func (e *SSHError) Unwrap() error { return e.Err }
