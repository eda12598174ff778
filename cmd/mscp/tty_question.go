package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"mscp/internal/sshpool"
)

// question is one question on the controlling terminal. It behaves as readpassphrase(3) does: echo is off while a secret is
// typed, what was typed ahead is thrown away, and a stopped question puts the terminal back. A shell turns echo on when
// it continues a job, so a continued question turns echo off again before it asks again.
type question struct {
	tty  *os.File
	text string
	echo bool // what is typed is shown

	before *unix.Termios // the terminal's state before an earlier question, after which echo stayed off
	catch  *stopCatcher  // that of the earlier question; nil: ask makes one
	saved  *unix.Termios // the terminal's state before the question
	taken  bool          // the terminal has the question's state
	hushed bool          // the question was answered, and echo is still off
}

// answer is what the reader of a question got.
type answer struct {
	text string
	err  error
}

// settle is how long a continued process waits for a signal that came with SIGCONT ("kill %1" sends both), or for SIGCONT itself.
const settle = time.Second

func (q *question) ask(ctx context.Context) (string, error) {
	if q.catch == nil {
		q.catch = newStopCatcher()
	}
	defer func() {
		if !q.hushed {
			q.catch.end()
		}
	}()
	stops, continued := q.catch.stops, q.catch.continued
	if err := q.show(ctx, continued); err != nil {
		return "", err
	}
	answers := make(chan answer, 1)
	go func() { answers <- q.read() }()
	for paused := false; ; paused = false {
		select {
		case a := <-answers:
			q.hush(a.err)
			return a.text, a.err
		case <-stops:
			paused = q.interrupt(answers)
			q.stop(continued)
		case <-continued: // also after SIGSTOP, or when the reader was stopped
		case <-ctx.Done():
			q.end(answers)
			return "", ctx.Err()
		}
		if err := q.show(ctx, continued); err != nil {
			q.giveBack(true)
			if !paused {
				q.interrupt(answers)
			}
			return "", err
		}
		if paused {
			_ = q.tty.SetReadDeadline(time.Time{})
			go func() { answers <- q.read() }()
		}
	}
}

// show waits for the foreground, takes the terminal and prints the question. The state of the terminal belongs to the shell, or to
// another program, while this process is in the background.
func (q *question) show(ctx context.Context, continued <-chan os.Signal) error {
	for continues := q.saved != nil; !inForeground(q.tty); continues = true {
		if continues {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settle):
			}
		}
		stopSelf(syscall.SIGTTOU)
		select {
		case <-continued:
		case <-time.After(settle): // nobody can continue this process, so the system did not stop it
			return sshpool.ErrNoTerminal
		}
	}
	if err := q.take(); err != nil {
		return err
	}
	_, err := fmt.Fprint(q.tty, q.text)
	return err
}

// take switches echo off and throws away what was typed before.
func (q *question) take() error {
	if !q.taken {
		state, err := getState(q.tty)
		if err != nil {
			return sshpool.ErrNoTerminal
		}
		if q.saved = state; q.before != nil {
			q.saved = q.before
		}
		q.taken = true
	}
	state := *q.saved
	state.Lflag |= unix.ICANON | unix.ISIG
	state.Iflag |= unix.ICRNL
	if !q.echo {
		state.Lflag &^= unix.ECHO | unix.ECHONL
	}
	return setState(q.tty, &state)
}

// giveBack restores the terminal. Half a secret that is waiting in its buffer is thrown away: the shell would show it.
func (q *question) giveBack(newline bool) {
	if !q.taken || !inForeground(q.tty) { // the shell has set its own state
		return
	}
	q.taken = false
	if newline {
		fmt.Fprintln(q.tty)
	}
	_ = setState(q.tty, q.saved)
}

// hush leaves echo off after a secret, and after any question behind one: see silence.
func (q *question) hush(err error) {
	if err != nil || q.echo && q.before == nil || !q.taken || !inForeground(q.tty) {
		q.giveBack(!q.echo) // the end of a secret was not echoed
		return
	}
	q.taken, q.hushed = false, true
	if !q.echo {
		fmt.Fprintln(q.tty)
	}
	_ = setState(q.tty, silent(q.saved))
}

// stop stops this process as SIGTSTP would have. Its SIGCONT is used up here: the question is asked once more, not twice.
func (q *question) stop(continued <-chan os.Signal) {
	q.giveBack(!q.echo)
	stopUncaught()
	select {
	case <-continued:
	case <-time.After(settle): // nobody could continue this process, so the system did not stop it
	}
}

// read reads one line. The terminal hands out whole lines.
func (q *question) read() answer {
	b := make([]byte, 8192)
	n, err := q.tty.Read(b)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	clear(b)
	if errors.Is(err, io.EOF) {
		err = errNoAnswer
	}
	return answer{line, err}
}

// errNoAnswer is the end of input: Ctrl-D, or a terminal that has gone.
var errNoAnswer = errors.New("nobody answered the question")

// interrupt ends the reader. A reader would stop the process once more in the background, as soon as a key is pressed there. It is false
// where the system cannot interrupt one.
func (q *question) interrupt(answers <-chan answer) bool {
	if q.tty.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	<-answers
	return true
}

// end leaves a question that is not answered. A reader that cannot be interrupted ends with the process.
func (q *question) end(answers <-chan answer) {
	q.giveBack(true)
	q.interrupt(answers)
}

// inForeground reports whether this process may use the terminal. Only a controlling terminal has a foreground.
func inForeground(tty *os.File) bool {
	group, err := 0, error(nil)
	control(tty, func(fd int) { group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP) })
	return err != nil || group == unix.Getpgrp()
}

// stopsWriters reports whether a process in the background that writes to the terminal is stopped (stty tostop).
func stopsWriters(tty *os.File) bool {
	state, err := getState(tty)
	return err == nil && state.Lflag&unix.TOSTOP != 0
}

func getState(tty *os.File) (state *unix.Termios, err error) {
	control(tty, func(fd int) { state, err = unix.IoctlGetTermios(fd, ioctlGetState) })
	return state, err
}

func setState(tty *os.File, state *unix.Termios) (err error) {
	for {
		control(tty, func(fd int) { err = unix.IoctlSetTermios(fd, ioctlSetStateFlush, state) })
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// control calls f with the descriptor. File.Fd would make the file's reads uninterruptible.
func control(tty *os.File, f func(fd int)) {
	conn, err := tty.SyscallConn()
	if err == nil {
		_ = conn.Control(func(fd uintptr) { f(int(fd)) })
	}
}
