package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData puts the file's data and its length on stable storage, and leaves out its times.
func syncData(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var synced error
	err = raw.Control(func(fd uintptr) {
		for {
			synced = unix.Fdatasync(int(fd))
			if !errors.Is(synced, unix.EINTR) {
				return
			}
		}
	})
	if err == nil && synced != nil {
		err = &os.PathError{Op: "fdatasync", Path: f.Name(), Err: synced}
	}
	return err
}
