//go:build !linux

package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	ioctlGetState      = unix.TIOCGETA
	ioctlSetStateFlush = unix.TIOCSETAF
)

func stopSelf(sig syscall.Signal) { _ = unix.Kill(unix.Getpid(), sig) }

// catchStops catches nothing: package signal could not take its handler away again, and Ctrl-Z would do nothing from then on. The shell
// puts the terminal right, and SIGCONT makes the question come again.
func catchStops(chan<- os.Signal) (release func()) { return func() {} }

func stopUncaught() {}
