package sshpool

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

// maxOutput is how much a command may say, in bytes.
const maxOutput = 64 << 10

// ExitError is a command on the server that failed.
type ExitError struct {
	Command string
	Status  int // -1: it did not tell, a signal perhaps
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("the command %q on the server ended with status %d", e.Command, e.Status)
}

// Exec runs a command by the login shell on the server, beside the SFTP channels (RFC 4254, section 6.5), and returns the
// beginning of its standard output. It takes a session: ErrSessionRefused where the server admits no more, or no commands.
func (c *Conn) Exec(ctx context.Context, command, stdin string) (string, error) {
	type result struct {
		out string
		err error
	}
	got := make(chan result, 1)
	begun := make(chan struct{}) // the server has taken the command, which may then run for long
	if !c.pool.spawn(func() {
		out, err := c.exec(ctx, command, stdin, begun)
		got <- result{out, err}
	}) {
		return "", ErrClosed
	}
	late := time.NewTimer(c.pool.o.patience())
	defer late.Stop()
	select {
	case <-begun:
	case r := <-got:
		return r.out, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-late.C:
		return "", fmt.Errorf("%w: %w", ErrSessionRefused, context.DeadlineExceeded)
	}
	select {
	case r := <-got:
		return r.out, r.err
	case <-ctx.Done(): // sshd confirms the end of a channel only when its command has ended
		return "", ctx.Err()
	}
}

func (c *Conn) exec(ctx context.Context, command, stdin string, begun chan<- struct{}) (string, error) {
	ch, reqs, err := c.ssh.OpenChannel("session", nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSessionRefused, err)
	}
	defer ch.Close()
	stop := context.AfterFunc(ctx, func() { ch.Close() })
	defer stop()

	status := make(chan int, 1)
	c.pool.running.Go(func() { status <- exitStatus(reqs) })
	c.pool.running.Go(func() { _, _ = io.Copy(io.Discard, ch.Stderr()) })
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{command}))
	if err != nil || !ok {
		return "", fmt.Errorf("%w: it runs no commands", ErrSessionRefused)
	}
	close(begun)
	c.pool.running.Go(func() {
		_, _ = io.WriteString(ch, stdin) // a command that does not read it says so by its status
		_ = ch.CloseWrite()
	})
	out, err := io.ReadAll(io.LimitReader(ch, maxOutput))
	if err != nil {
		return "", err
	}
	if len(out) == maxOutput {
		ch.Close()
	}
	if s := <-status; s != 0 {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return string(out), &ExitError{command, s}
	}
	return string(out), nil
}

func exitStatus(reqs <-chan *ssh.Request) int {
	status := -1
	for r := range reqs {
		var msg struct{ Status uint32 }
		if r.Type == "exit-status" && ssh.Unmarshal(r.Payload, &msg) == nil {
			status = int(msg.Status)
		}
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
	}
	return status
}
