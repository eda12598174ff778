package hostinfo

import (
	"golang.org/x/sys/unix"

	"mscp/internal/benchmark/result"
)

// system adds what Linux has in files (sysctl(3)).
func system(h *result.Host) {
	if h.Kernel == "" {
		h.Kernel, _ = unix.Sysctl("kern.osrelease")
	}
	if h.CPU == "" {
		h.CPU, _ = unix.Sysctl("machdep.cpu.brand_string")
	}
	if n, err := unix.SysctlUint64("hw.memsize"); h.Memory == 0 && err == nil {
		h.Memory = int64(n)
	}
}

func queueing(int) string { return "" }
