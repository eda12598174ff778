package hostinfo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mscp/internal/benchmark/result"
)

// usual is the rate that advice is for where none is known, bit/s.
const usual = 1e9

const (
	// channelWindow is what one SSH channel has in flight: CHAN_SES_WINDOW_DEFAULT of OpenSSH's channels.h for uploads,
	// channelWindowSize of golang.org/x/crypto/ssh for downloads, both 64 * 32 KiB.
	channelWindow = 2 << 20
	// maxSessions is sshd's default for the channels of one connection (sshd_config(5), MaxSessions).
	maxSessions = 10
	// connections is how many of them advice asks for before it asks for several channels on each.
	connections = 8
)

// Advice says where a setting of h caps what path p could carry, in one line each, with what would be enough. rate is
// what is wanted of the path, bit/s; 0 is unknown: advice is then for 1 Gbit/s. It knows nothing of the server's settings.
func Advice(h result.Host, p result.Path, rate float64) []string {
	if rate <= 0 {
		rate = usual
	}
	a := advisor{h, p, rate}
	return slices.DeleteFunc([]string{
		a.sendBuffer(), a.receiveBuffer(), a.channels(), a.cores(), a.loss(), a.pacing(), a.frames(), a.cipher(),
	}, func(line string) bool { return line == "" })
}

// advisor looks for one cap in each method: "" is none.
type advisor struct {
	result.Host
	path result.Path
	rate float64
}

// cap is the most that a window carries over the path, bit/s; infinite where the round-trip time or the window is unknown.
func (a advisor) cap(window float64) float64 {
	if a.path.RTT <= 0 || window <= 0 {
		return math.Inf(1)
	}
	return 8 * window / a.path.RTT
}

// times is how many windows it takes for the rate.
func (a advisor) times(window float64) int { return max(1, int(math.Ceil(a.rate/a.cap(window)))) }

// flight is what is under way at the rate, bytes.
func (a advisor) flight() float64 { return a.rate * a.path.RTT / 8 }

// sendWindow is the third value of tcp_wmem: "Maximal amount of memory allowed for automatically tuned send buffers"
// (Documentation/networking/ip-sysctl.rst; mscp sets no SO_SNDBUF). What is not acknowledged stays in the buffer, whose account
// (sk_wmem_queued) holds the data and its headers, so the window is smaller, and never larger.
func (a advisor) sendWindow() float64 { return third(a.TCPWmem) }

// receiveWindow comes from the third value of tcp_rmem (ibid.; mscp sets no SO_RCVBUF). Before Linux 6.6 one part in 2^tcp_adv_win_scale of it
// is not offered to the sender: half, by default. Since then ("Obsolete since linux-6.6") it is what the kernel measures
// that headers and padding take, which cannot be known before: the whole is then the bound.
func (a advisor) receiveWindow() float64 {
	if a.olderThan(6, 6) {
		return third(a.TCPRmem) / 2
	}
	return third(a.TCPRmem)
}

func (a advisor) sendBuffer() string {
	return a.buffer("tcp_wmem", "send", "up", a.sendWindow(), third(a.TCPWmem), 1)
}

func (a advisor) receiveBuffer() string {
	return a.buffer("tcp_rmem", "receive", "down", a.receiveWindow(), third(a.TCPRmem), 2)
}

// buffer: enough is what is in flight, times what the kernel keeps for itself.
func (a advisor) buffer(name, kind, direction string, window, size, overhead float64) string {
	n := a.times(window)
	if n == 1 {
		return ""
	}
	half := ""
	if window < size {
		half = ", half of it for data"
	}
	return fmt.Sprintf("net.ipv4.%s allows %s of %s buffer%s: one connection carries at most %s %s over %s (window / round-trip time); for %s use -n %d, or raise its third value to %s",
		name, bytes(size), kind, half, bits(a.cap(window)), direction, a.rtt(), bits(a.rate), n, bytes(powerOfTwo(overhead*a.flight())))
}

// connections is how many the TCP buffers ask for.
func (a advisor) connections() int { return max(a.times(a.sendWindow()), a.times(a.receiveWindow())) }

func (a advisor) channels() string {
	need := a.times(channelWindow)
	if need == 1 {
		return ""
	}
	n := max(a.connections(), min(need, connections), divide(need, maxSessions))
	how := fmt.Sprintf("-n %d", n)
	if s := divide(need, n); s > 1 {
		how += fmt.Sprintf(" --sessions %d", s)
	}
	return fmt.Sprintf("an SSH channel has a window of %s: it carries at most %s over %s (window / round-trip time); for %s use %d of them: %s",
		bytes(channelWindow), bits(a.cap(channelWindow)), a.rtt(), bits(a.rate), need, how)
}

// cores: each connection's cipher runs on one core at a time.
func (a advisor) cores() string {
	if n := a.connections(); a.Cores > 0 && n > a.Cores {
		return fmt.Sprintf("%d connections would share %d cores: more connections than cores add windows, but no encryption speed; with larger TCP buffers fewer are enough", n, a.Cores)
	}
	return ""
}

// loss says how little may be lost for one connection to hold the rate, where that is less than long paths usually lose (1e-5). CUBIC's average window is
// 1.054 (RTT/p)^(3/4) packets for C = 0.4 and beta = 0.7 (RFC 9438, 5.1), Reno's 1.22 / sqrt(p) (Mathis et al., 1997), and CUBIC is never below Reno.
func (a advisor) loss() string {
	if a.path.Kind == result.Loopback || a.path.RTT <= 0 || a.Congestion != "cubic" && a.Congestion != "reno" {
		return ""
	}
	packets := a.flight() / a.segment()
	p := math.Pow(1.22/packets, 2)
	if a.Congestion == "cubic" {
		p = max(p, a.path.RTT*math.Pow(1.054/packets, 4.0/3))
	}
	if p > 1e-5 {
		return ""
	}
	return fmt.Sprintf("%s holds %s over %s on one connection only if it loses less than one packet in %s; several connections (-n) share the loss, and bbr does not take loss for congestion (-g bbr for uploads, where the kernel has it; for downloads the server's setting counts)",
		a.Congestion, bits(a.rate), a.rtt(), scaled(1/p, 1000, "", " thousand", " million", " billion", " trillion"))
}

// segment is a TCP segment's data with timestamps, bytes.
func (a advisor) segment() float64 {
	mtu := a.MTU
	if mtu == 0 || a.path.Kind == result.Emulated { // that of another interface
		mtu = 1500
	}
	return float64(mtu - 20 - 20 - 12)
}

// pacing: since Linux 4.13 TCP paces bbr by itself (commit 218af599fa63, "tcp: internal implementation for pacing"), and fq saves only timers; before that it needs fq.
func (a advisor) pacing() string {
	if a.path.Kind != result.Network || a.Congestion != "bbr" || !a.olderThan(4, 13) || a.Qdisc == "" || slices.Contains(strings.Fields(a.Qdisc), "fq") {
		return ""
	}
	return fmt.Sprintf("bbr is not paced: Linux %s leaves that to the qdisc fq, and the interface has %s; since Linux 4.13 bbr works with both", a.Kernel, a.Qdisc)
}

// frames: what a host does for each packet is the same whatever its size. Offloads (TSO, GRO) soften it, not in every switch and virtual machine.
func (a advisor) frames() string {
	const jumbo = 9000
	if a.path.Kind != result.Network || a.MTU == 0 || a.MTU > 1500 || a.rate <= 10e9 {
		return ""
	}
	million := func(mtu int) float64 { return a.rate / 8 / float64(mtu) / 1e6 }
	return fmt.Sprintf("the interface has an MTU of %d: %s are %.2f million packets/s; an MTU of %d would make it %.2f million, if every hop allows it",
		a.MTU, bits(a.rate), million(a.MTU), jumbo, million(jumbo))
}

// cipher: "around three times as fast on platforms that lack specialized AES hardware" (RFC 8439, 1).
func (a advisor) cipher() string {
	if a.AES || a.Cores == 0 { // nothing is known of the machine
		return ""
	}
	return "the CPU has no instructions for AES-GCM: ChaCha20 is around three times as fast there (RFC 8439); use -c chacha20-poly1305@openssh.com"
}

// olderThan tells whether the kernel is a Linux before major.minor; one that is not known is not.
func (a advisor) olderThan(major, minor int) bool {
	var x, y int
	if n, _ := fmt.Sscanf(a.Kernel, "%d.%d", &x, &y); n != 2 || a.OS != "linux" {
		return false
	}
	return x < major || x == major && y < minor
}
