package journal

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// holder returns the process that has f locked, or 0. It is not known on another host (NFS) or in another PID namespace.
func holder(f *os.File) int {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer locks.Close()
	return holderIn(locks, uint64(st.Dev), st.Ino)
}

// holderIn reads proc_locks(5): "1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF", where the numbers of the device are
// hexadecimal, and a process that waits for the lock has "->" before FLOCK.
func holderIn(locks io.Reader, dev, ino uint64) int {
	id := fmt.Sprintf("%02x:%02x:%d", unix.Major(dev), unix.Minor(dev), ino)
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 6 && fields[1] == "FLOCK" && fields[5] == id {
			pid, _ := strconv.Atoi(fields[4]) // -1 where the process is out of sight
			return max(pid, 0)
		}
	}
	return 0
}
