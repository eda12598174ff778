package sshpool

import (
	"os"

	"golang.org/x/sys/unix"
)

// enlarge makes a pipe hold 1 MiB, the most that an ordinary user may have by default (pipe(7)), instead of 64 KiB: fewer switches
// between the processes at its ends. Where the system refuses, it stays as it was.
func enlarge(pipe *os.File) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
}
