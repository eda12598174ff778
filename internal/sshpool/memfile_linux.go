package sshpool

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// memFile is a file in memory, for libraries that read a file by its name; it needs no directory that can be written to.
func memFile(content []byte) (name string, remove func(), err error) {
	fd, err := unix.MemfdCreate("mscp", unix.MFD_CLOEXEC)
	if err != nil {
		return "", nil, fmt.Errorf("a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	name = fmt.Sprintf("/proc/self/fd/%d", fd)
	if _, err = f.Write(content); err == nil {
		_, err = os.Stat(name)
	}
	if err != nil {
		f.Close()
		return "", nil, fmt.Errorf("a file in memory: %w", err)
	}
	return name, func() { f.Close() }, nil
}
