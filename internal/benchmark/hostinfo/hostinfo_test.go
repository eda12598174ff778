package hostinfo

import (
	"net"
	"os"
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestRead(t *testing.T) {
	h := Read(fstest.MapFS{
		"proc/sys/kernel/osrelease":                file("6.1.0-18-amd64\n"),
		"proc/cpuinfo":                             file("processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9654 96-Core Processor\nflags\t\t: fpu aes\n\nprocessor\t: 1\n"),
		"proc/meminfo":                             file("MemTotal:       16384000 kB\nMemFree:        1 kB\n"),
		"proc/sys/net/ipv4/tcp_congestion_control": file("cubic\n"),
		"proc/sys/net/ipv4/tcp_rmem":               file("4096\t131072\t6291456\n"),
		"proc/sys/net/ipv4/tcp_wmem":               file("4096\t16384\t4194304\n"),
		"proc/sys/net/core/rmem_max":               file("212992\n"),
		"proc/sys/net/core/wmem_max":               file("212993\n"),
	}, "")
	require.Equal(t, result.Host{
		OS: runtime.GOOS, Kernel: "6.1.0-18-amd64", CPU: "AMD EPYC 9654 96-Core Processor", Cores: runtime.NumCPU(), AES: aes(),
		Memory: 16384000 << 10, Congestion: "cubic", TCPRmem: "4096 131072 6291456", TCPWmem: "4096 16384 4194304",
		RmemMax: 212992, WmemMax: 212993,
	}, h)
}

func TestReadNothing(t *testing.T) {
	h := Read(fstest.MapFS{}, "no such host.invalid")
	h.Kernel, h.CPU, h.Memory = "", "", 0 // which are in no file on some systems
	require.Equal(t, result.Host{OS: runtime.GOOS, Cores: runtime.NumCPU(), AES: aes()}, h)
	h = Read(fstest.MapFS{"proc/meminfo": file("MemTotal: much\n"), "proc/sys/net/core/rmem_max": file("-")}, "")
	require.Zero(t, h.RmemMax)
}

func TestReadThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	h := Read(os.DirFS("/"), "127.0.0.1:22")
	require.NotEmpty(t, h.Kernel)
	require.Positive(t, h.Memory)
	require.NotEmpty(t, h.TCPRmem)
	lo, err := net.InterfaceByName("lo")
	require.NoError(t, err)
	require.Equal(t, lo.MTU, h.MTU)
	require.NotEmpty(t, h.Qdisc)
}

func TestServersOnThisMachine(t *testing.T) {
	lo, _ := towards("127.0.0.1")
	require.Positive(t, lo)
	addrs, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, a := range addrs {
		if ip := a.(*net.IPNet).IP; ip.To4() != nil {
			mtu, _ := towards(ip.String())
			require.Equal(t, lo, mtu, ip)
		}
	}
}

func TestProcessor(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"":                              "",
		"model name : Xeon\n":           "Xeon",
		"processor : 0\ncpu : POWER9\n": "POWER9",
		"CPU implementer\t: 0x46\nCPU variant\t: 0x1\nCPU part\t: 0x001\n": "Fujitsu A64FX",
		"CPU implementer\t: 0x41\nCPU part\t: 0xd4f\n":                     "Arm Neoverse V2",
		"CPU implementer\t: 0x99\nCPU part\t: 0x001\n":                     "Arm implementer 0x99 part 0x001",
	} {
		require.Equal(t, want, processor(cpuinfo))
	}
}
