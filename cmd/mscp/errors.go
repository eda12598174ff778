package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"mscp/internal/benchmark"
	"mscp/internal/benchmark/link"
	"mscp/internal/chunker"
	"mscp/internal/endpoint"
	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
	"mscp/internal/quote"
	"mscp/internal/sshconf"
	"mscp/internal/sshpool"
	"mscp/internal/transfer"
)

// Exit codes; 128+N is an end by signal N.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitConnection = 3
	exitDiffers    = 4
)

// usageError is a command line that cannot be carried out.
type usageError struct {
	err  error
	hint string
}

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

func usage(format string, args ...any) error { return &usageError{err: fmt.Errorf(format, args...)} }

// startError is a server that let us in and then did not speak SFTP.
type startError struct {
	host string
	err  error
	died bool // the connection did
}

func (s *startError) Error() string {
	return fmt.Sprintf("%s: no SFTP session: %v", s.host, s.err)
}

func (s *startError) Unwrap() error { return s.err }

// exitCode is the number that scripts decide on.
func exitCode(err error) int {
	var signal *signalled
	var some *partial
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &some) && some.differing > 0, errors.Is(err, transfer.ErrUnfaithful):
		return exitDiffers
	case errors.As(err, &signal):
		return 128 + int(signal.sig)
	case isUsage(err):
		return exitUsage
	case isConnection(err):
		return exitConnection
	}
	return exitFailed
}

// retryable tells whether dialling again may help: not where the server has said no. A server that admits no further session may not
// have noticed yet that others have ended.
func retryable(err error) bool {
	if errors.Is(err, sshpool.ErrSessionRefused) || errors.Is(err, sshpool.ErrFull) {
		return true
	}
	ssh, ok := errors.AsType[*sshpool.SSHError](err)
	return ok && ssh.Status != 0 || errors.As(err, new(*sshpool.DialError)) || errors.Is(err, sshpool.ErrDead) || fsys.Lost(err)
}

func isUsage(err error) bool {
	return errors.As(err, new(*usageError)) || errors.As(err, new(*benchmark.SpecError)) || errors.As(err, new(*endpoint.Error)) ||
		errors.As(err, new(*sshconf.UsageError)) || errors.As(err, new(*sshconf.UnsupportedError)) ||
		errors.As(err, new(*sshconf.FileError)) || errors.As(err, new(*sshpool.CongestionError)) || errors.Is(err, chunker.ErrPolicy)
}

func isConnection(err error) bool {
	for _, is := range []error{sshpool.ErrSessionRefused, sshpool.ErrNoSubsystem, sshpool.ErrDropped, sshpool.ErrAlgorithms,
		sshpool.ErrDead, transfer.ErrNoLane} {
		if errors.Is(err, is) {
			return true
		}
	}
	return errors.As(err, new(*sshpool.DialError)) || errors.As(err, new(*sshpool.AuthError)) ||
		errors.As(err, new(*sshpool.ControlError)) || errors.As(err, new(*sshpool.SSHError)) ||
		errors.As(err, new(*sshpool.HostKeyError)) || errors.As(err, new(*startError)) || fsys.Lost(err)
}

// complain prints why the command ended, and what the user can do about it. Errors that were joined get a line each.
func complain(w io.Writer, err error) {
	if several, ok := err.(interface{ Unwrap() []error }); ok && strings.Contains(err.Error(), "\n") {
		for _, e := range several.Unwrap() {
			complain(w, e)
		}
		return
	}
	fmt.Fprintf(w, "mscp: %s\n", quote.Text(err.Error()))
	if auth, ok := errors.AsType[*sshpool.AuthError](err); ok {
		for _, p := range auth.Problems {
			fmt.Fprintf(w, "mscp: %s\n", quote.Text(p))
		}
	}
	if h := hint(err); h != "" {
		fmt.Fprintf(w, "mscp: hint: %s\n", quote.Text(h))
	}
}

// hint is the table of what helps.
func hint(err error) string {
	var given *usageError
	var arg *endpoint.Error
	switch {
	case errors.As(err, new(*removed)):
		return ""
	case errors.As(err, new(*signalled)):
		return "run the same command again: it goes on where this one stopped"
	case errors.As(err, &given):
		if given.hint != "" {
			return given.hint
		}
		return "mscp -h lists the flags"
	case errors.As(err, &arg):
		return arg.Hint
	}
	if h := connectionHint(err); h != "" {
		return h
	}
	return fileHint(err)
}

func connectionHint(err error) string {
	var key *sshpool.HostKeyError
	var auth *sshpool.AuthError
	var dial *sshpool.DialError
	switch {
	case errors.As(err, &key):
		return hostKeyHint(key)
	case errors.As(err, &auth):
		return authHint(auth)
	case errors.Is(err, sshpool.ErrDropped):
		return "the server drops logins if too many come at once (MaxStartups) or after failed ones (penalties): wait, or use a smaller -u, or -I"
	case errors.As(err, &dial):
		return dialHint(dial)
	case errors.Is(err, sshpool.ErrAlgorithms):
		return "the system's ssh may have one: --transport openssh; -c, -M and -o KexAlgorithms=+... ask for old algorithms"
	case errors.As(err, new(*sshconf.UnsupportedError)):
		return "the system's ssh can do it: --transport openssh"
	case transportHint(err) != "":
		return transportHint(err)
	case errors.Is(err, sshpool.ErrNoSubsystem):
		return `sshd_config on the server needs a line "Subsystem sftp ..."`
	case errors.As(err, new(*startError)):
		return "a shell that prints something at login breaks SFTP: ssh HOST true must print nothing"
	case errors.Is(err, transfer.ErrNoLane), fsys.Lost(err):
		return "check the network and the server, and run the same command again: it goes on where this one stopped"
	}
	return ""
}

func hostKeyHint(e *sshpool.HostKeyError) string {
	switch e.Kind {
	case sshpool.Unknown:
		if errors.Is(e.Err, errAskpassUnused) {
			return errAskpassUnused.Error()
		}
		return "connect once with ssh and compare the fingerprint, or give -o StrictHostKeyChecking=accept-new"
	case sshpool.Changed:
		return fmt.Sprintf("if the server was installed anew, remove the old key with: ssh-keygen -R '%s'; otherwise somebody may be listening", e.Host)
	case sshpool.Revoked:
		return "somebody marked the key as stolen or retired: ask the server's administrator"
	}
	return ""
}

func dialHint(e *sshpool.DialError) string {
	switch e.Kind {
	case sshpool.Refused:
		return "is sshd running there, and on this port (-P)?"
	case sshpool.NoSuchHost:
		return "check the host's name, or give its address"
	case sshpool.Timeout, sshpool.Unreachable:
		return "check the network, and firewalls on the way"
	}
	return ""
}

func fileHint(err error) string {
	if e, ok := errors.AsType[*benchmark.SpaceError](err); ok {
		return spaceHint(e)
	}
	if errors.Is(err, link.ErrUnsupported) {
		return "an emulated link needs Linux, root and /dev/net/tun"
	}
	switch {
	case errors.As(err, new(*journal.LockedError)):
		return "wait for the other run, or end it; -W FILE gives this run its own journal"
	case errors.As(err, new(*otherJobError)):
		return "mscp -R FILE goes on with that job; if you do not want it any more, remove the file"
	case errors.As(err, new(*plan.FoldError)):
		return "the destination takes both names for one: rename one of them, or copy them to different directories"
	case errors.As(err, new(*plan.CollisionError)):
		return "copy them to different directories, one command each"
	case errors.Is(err, fsys.ErrReadOnly):
		return "mount its file system for writing, or give another target"
	case errors.Is(err, fsys.ErrNoSpace), errors.Is(err, fsys.ErrQuota), errors.Is(err, transfer.ErrFull):
		return "make room on the destination and run the same command again"
	case errors.Is(err, transfer.ErrNoRename):
		return "--inplace writes under the final names and needs no rename; an interrupted copy then leaves incomplete files"
	case errors.Is(err, transfer.ErrUnfaithful):
		return "do not trust files on this server: compare them by other means, and tell its operator"
	case errors.Is(err, fsys.ErrSequential):
		return "-n 1 -a 1 sends the blocks of a file one after the other"
	case errors.Is(err, fsys.ErrEscapes):
		return "a symbolic link in the destination leads out of it: copy to the directory that it names"
	case errors.Is(err, fsys.ErrNoHomes):
		return "write the directory in full; write ./~NAME for a file whose name begins with ~"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "the name is too long for the server or file system: give a shorter one"
	case errors.Is(err, fs.ErrNotExist):
		return "check the path"
	case errors.Is(err, fs.ErrPermission):
		return "check the permissions of the path and of the directories above it"
	case errors.Is(err, syscall.EPIPE):
		return "the reader of standard output is gone; the copy itself ended"
	}
	return ""
}
