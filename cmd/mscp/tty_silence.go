package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// silence keeps echo off between the questions of a login: a user who types ahead may be typing a secret, which is thrown away unseen. While
// the process is stopped the terminal has the state that it had before the first question.
type silence struct {
	tty   *os.File
	saved *unix.Termios // the state before the first question
	catch *stopCatcher

	done, ended chan struct{}
}

// keepSilent takes over a terminal whose echo is off from a question. The goroutine ends with end or with the context, which puts the terminal back.
func keepSilent(ctx context.Context, q *question) *silence {
	s := &silence{tty: q.tty, saved: q.saved, catch: q.catch, done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for {
			select {
			case <-s.done:
				return
			case <-ctx.Done():
				s.restore()
				<-s.done
				return
			case <-s.catch.stops:
				s.restore()
				stopUncaught()
				select {
				case <-s.catch.continued:
				case <-time.After(settle): // the system did not stop it
				}
			case <-s.catch.continued: // after SIGSTOP: the shell has turned echo on
			}
			s.hush()
		}
	}()
	return s
}

func (s *silence) restore() {
	if inForeground(s.tty) { // else the shell has set its own state
		_ = setState(s.tty, s.saved)
	}
}

func (s *silence) hush() {
	if inForeground(s.tty) {
		_ = setState(s.tty, silent(s.saved))
	}
}

// silent is a state without echo.
func silent(state *unix.Termios) *unix.Termios {
	quiet := *state
	quiet.Lflag &^= unix.ECHO | unix.ECHONL
	return &quiet
}

// end puts the terminal back, or leaves it as it is, for the next question.
func (s *silence) end(restored bool) {
	close(s.done)
	<-s.ended
	if restored {
		s.restore()
		s.catch.end()
	}
	_ = s.tty.Close() // read from no more
}

// stopCatcher catches what stops and continues this process while the terminal has no echo. One serves all questions of a login, so that
// no Ctrl-Z is lost between them.
type stopCatcher struct {
	stops, continued chan os.Signal
	release          func()
}

func newStopCatcher() *stopCatcher {
	c := &stopCatcher{stops: make(chan os.Signal, 1), continued: make(chan os.Signal, 1)}
	signal.Notify(c.continued, syscall.SIGCONT)
	c.release = catchStops(c.stops)
	return c
}

// end stops the process if it was to be stopped a moment ago.
func (c *stopCatcher) end() {
	signal.Stop(c.continued)
	c.release()
	select {
	case <-c.stops:
		stopSelf(syscall.SIGTSTP)
	default:
	}
}
