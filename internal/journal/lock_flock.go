//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

var errLocked = unix.EWOULDBLOCK

// tryLock takes the exclusive lock of f, which lasts until f is closed: at the latest when the process dies. flock(2) and not
// fcntl(2): its locks belong to the open file, so a second Open in this process is refused as well.
func tryLock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		for {
			locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
			if !errors.Is(locked, unix.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, locked)
}
