// Mscp copies files between this machine and another over many SSH connections at once. The other side needs
// sshd with its SFTP subsystem, and nothing else.
//
// This package is the command line: flags, wiring, prompts, messages and exit codes. main.go starts it, root.go has the
// flags, copy.go the copy, errors.go the table of messages and hints, and each further command has a file of its own.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

// version is set by the Makefile from git.
var version = "devel"

func main() {
	// A reader that goes away (mscp --json | head) must not end the copy.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], system{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}))
}
