package sshpool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// control opens sessions on the connection of a running OpenSSH ControlMaster, as ssh itself does where it finds one (OpenSSH
// PROTOCOL.mux). Nobody logs in. Each channel is a connection to the master's socket, over which the master gets the
// far ends of two pipes.
//
// The protocol also has a proxy mode (x/crypto/ssh.NewControlClientConn), which would spare the pipes. It is not used, because it
// can end the master and with it all that the user runs through it: once the server has refused a session (MaxSessions), OpenSSH 9.2's
// master dies when the proxy's client leaves ("chan_send_close2: channel 1: no remote_id"), as it does when the client
// leaves while a session is being opened.
type control struct {
	o  Options
	mu sync.Mutex
	// open channels; nil after Close
	streams map[*controlStream]bool
}

// controlTimeout is how long a master may take to greet, in which it asks nobody: it is a process on this machine, but may be stopped.
const controlTimeout = 5 * time.Second

func newControl(o Options) *control {
	return &control{o: o.withDefaults(), streams: map[*controlStream]bool{}}
}

// Open implements Transport. The errors are *[ControlError], and the context's.
func (t *control) Open(ctx context.Context) (Stream, error) {
	s, err := t.open(ctx)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = s.Close()
		}
		return nil, ctx.Err()
	case errors.Is(err, ErrClosed):
		return nil, err
	case err != nil:
		return nil, &ControlError{t.o.Host.Alias, t.o.Host.ControlPath, masterAdvice(t.o), withoutPath(err)}
	}
	return s, nil
}

func (t *control) open(ctx context.Context) (*controlStream, error) {
	t.o.Log(1, "a channel through the ControlMaster at %s", t.o.Host.ControlPath)
	s := &controlStream{t: t}
	ctx, cancel := context.WithTimeout(ctx, t.o.judging())
	defer cancel()
	if err := s.start(ctx, "sftp", true); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrDead, ctx.Err())
		}
		s.shut()
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams == nil {
		s.shut()
		return nil, ErrClosed
	}
	t.streams[s] = true
	return s, nil
}

// Close implements Transport. The master and its other sessions go on.
func (t *control) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.streams {
		s.shut()
	}
	t.streams = nil
	return nil
}

// controlStream is a session on the master's connection.
type controlStream struct {
	t       *control
	socket  *net.UnixConn
	in, out *os.File // the session's standard input and output
	shuts   sync.Once
}

// start asks the master for a session with a command or a subsystem, and waits until the server has granted it. The user may have to
// allow it (ControlMaster ask), so the limit is a person's.
func (s *controlStream) start(ctx context.Context, command string, subsystem bool) (err error) {
	if s.socket, err = greetMaster(ctx, s.t.o.Host.ControlPath); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.socket.Close() })
	defer stop()
	theirIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirIn.Close()
	s.in = in
	out, theirOut, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirOut.Close()
	s.out = out
	enlarge(in)
	enlarge(out)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	return requestSession(s.socket, command, subsystem, theirIn, theirOut, null)
}

// Exec implements Stream.
func (s *controlStream) Exec(ctx context.Context, command, stdin string) (string, error) {
	x := &controlStream{t: s.t}
	defer x.shut()
	begin, cancel := context.WithTimeout(ctx, s.t.o.judging())
	err := x.start(begin, command, false)
	cancel()
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, x.shut)
	defer stop()
	out, err := dialog(x.in, x.out, stdin)
	if err != nil {
		return "", errors.Join(ctx.Err(), err)
	}
	status, err := exitMessage(x.socket)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil || status != 0 {
		return out, &ExitError{command, status}
	}
	return out, nil
}

// dialog writes a command's standard input and reads the beginning of its standard output.
func dialog(in, out *os.File, stdin string) (string, error) {
	var writer sync.WaitGroup
	writer.Go(func() {
		_, _ = io.WriteString(in, stdin) // a command that does not read it says so by its status
		_ = in.Close()
	})
	text, err := io.ReadAll(io.LimitReader(out, maxOutput))
	_ = out.Close() // ends a command that has more to say, and with it the writing
	writer.Wait()
	return string(text), err
}

// ConnID implements Stream: all channels share the master's connection.
func (s *controlStream) ConnID() int { return 1 }

func (s *controlStream) Read(b []byte) (int, error)  { return s.out.Read(b) }
func (s *controlStream) Write(b []byte) (int, error) { return s.in.Write(b) }

// Close ends the session.
func (s *controlStream) Close() error {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	delete(s.t.streams, s)
	s.shut()
	return nil
}

func (s *controlStream) shut() {
	s.shuts.Do(func() {
		if s.socket != nil {
			_ = s.socket.Close()
		}
		for _, f := range []*os.File{s.in, s.out} {
			if f != nil {
				_ = f.Close()
			}
		}
	})
}

// answers reports whether a ControlMaster is running.
func answers(ctx context.Context, o Options) bool {
	socket, err := greetMaster(ctx, o.Host.ControlPath)
	if err != nil {
		return false
	}
	_ = socket.Close()
	return true
}

// withoutPath drops the part of a network's error that says the path once more.
func withoutPath(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// ControlError is a ControlMaster that cannot be used. Err wraps ErrSessionRefused where the server admits no further session.
type ControlError struct {
	Host string // as the user wrote it
	Path string // its socket; empty: none is configured
	// Advice says how to start one.
	Advice string
	Err    error
}

func (e *ControlError) Error() string {
	if e.Path == "" {
		return e.Host + ": no ControlPath is configured"
	}
	return fmt.Sprintf("%s: ControlMaster at %s: %v", e.Host, e.Path, e.Err)
}

func (e *ControlError) Unwrap() error { return e.Err }
