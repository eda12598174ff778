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

	done, ended chan struct{}
}

// keepSilent takes over a terminal whose echo is off. The goroutine ends with end or with the context, which puts the terminal back.
func keepSilent(ctx context.Context, tty *os.File, saved *unix.Termios) *silence {
	s := &silence{tty: tty, saved: saved, done: make(chan struct{}), ended: make(chan struct{})}
	stops, continued := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	release := catchStops(stops)
	go func() {
		defer close(s.ended)
		defer signal.Stop(continued)
		defer release()
		for {
			select {
			case <-s.done:
				return
			case <-ctx.Done():
				s.restore()
				<-s.done
				return
			case <-stops:
				s.restore()
				stopUncaught()
				select {
				case <-continued:
				case <-time.After(settle): // the system did not stop it
				}
			case <-continued: // after SIGSTOP: the shell has turned echo on
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
	}
	_ = s.tty.Close() // read from no more
}
