package hostinfo

import (
	"io/fs"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"

	"mscp/internal/benchmark/result"
)

// Read describes this machine. Files are below root, which holds proc; server is the host, or host:port, that the benchmark
// connects to, whose name may be looked up; "" leaves the interface out.
func Read(root fs.FS, server string) result.Host {
	h := result.Host{
		OS:         runtime.GOOS,
		Kernel:     line(root, "proc/sys/kernel/osrelease"),
		CPU:        processor(text(root, "proc/cpuinfo")),
		Cores:      runtime.NumCPU(), // those of the affinity mask
		AES:        aes(),
		Memory:     memory(text(root, "proc/meminfo")),
		Congestion: line(root, "proc/sys/net/ipv4/tcp_congestion_control"),
		TCPRmem:    line(root, "proc/sys/net/ipv4/tcp_rmem"),
		TCPWmem:    line(root, "proc/sys/net/ipv4/tcp_wmem"),
		RmemMax:    number(line(root, "proc/sys/net/core/rmem_max")),
		WmemMax:    number(line(root, "proc/sys/net/core/wmem_max")),
	}
	h.MTU, h.Qdisc = towards(server)
	system(&h)
	return h
}

func text(root fs.FS, file string) string {
	b, _ := fs.ReadFile(root, file)
	return string(b)
}

// line is a file's text with single spaces.
func line(root fs.FS, file string) string { return strings.Join(strings.Fields(text(root, file)), " ") }

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// memory is MemTotal of /proc/meminfo, bytes.
func memory(meminfo string) int64 {
	return number(strings.TrimSuffix(field(meminfo, "MemTotal"), " kB")) << 10
}

// field is the value of the first line "name : value".
func field(text, name string) string {
	for l := range strings.Lines(text) {
		if n, v, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// aes tells whether there are instructions for AES, and for the multiplication of its GCM mode: what Go's crypto/aes uses.
func aes() bool {
	switch runtime.GOARCH {
	case "amd64", "386":
		return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ
	case "arm64":
		return cpu.ARM64.HasAES && cpu.ARM64.HasPMULL
	case "s390x":
		return cpu.S390X.HasAES && cpu.S390X.HasGHASH
	case "ppc64", "ppc64le":
		return true // POWER8, the least that Go runs on
	}
	return false
}
