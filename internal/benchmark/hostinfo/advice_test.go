package hostinfo

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/benchmark/result"
)

func TestAdvice(t *testing.T) {
	const large = "4096 131072 1073741824"
	good := result.Host{OS: "linux", Kernel: "6.18.0", Cores: 64, AES: true, Congestion: "bbr", TCPRmem: large, TCPWmem: large, Qdisc: "mq fq", MTU: 9000}
	far := result.Path{Kind: result.Network, RTT: 0.1}
	near := result.Path{Kind: result.Network, RTT: 0.001}
	for name, c := range map[string]struct {
		change func(*result.Host)
		path   result.Path
		rate   float64
		want   []string
	}{
		"nothing caps":                 {path: near, rate: 1e9},
		"nothing is known of the path": {path: result.Path{Kind: result.Network}, rate: 10e9},
		"this machine":                 {change: func(h *result.Host) { h.Congestion, h.MTU = "cubic", 1500 }, path: result.Path{Kind: result.Loopback, RTT: 50e-6}, rate: 100e9},
		"nothing is known of the host": {change: func(h *result.Host) { *h = result.Host{} }, path: near, rate: 1e9},
		"the channel": {path: far, rate: 10e9, want: []string{
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 10 Gbit/s use 60 of them: -n 8 --sessions 8",
		}},
		"no rate is for 1 Gbit/s": {path: far, want: []string{
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 1 Gbit/s use 6 of them: -n 6",
		}},
		"sshd's limit of sessions": {path: far, rate: 100e9, want: []string{
			"net.ipv4.tcp_wmem allows 1 GiB of send buffer: one connection carries at most 85.9 Gbit/s up over 100 ms (window / round-trip time); for 100 Gbit/s use -n 2, or raise its third value to 2 GiB",
			"net.ipv4.tcp_rmem allows 1 GiB of receive buffer: one connection carries at most 85.9 Gbit/s down over 100 ms (window / round-trip time); for 100 Gbit/s use -n 2, or raise its third value to 4 GiB",
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 100 Gbit/s use 597 of them: -n 60 --sessions 10",
		}},
		"send buffer": {change: func(h *result.Host) { h.TCPWmem = "4096 16384 4194304" }, path: far, rate: 1e9, want: []string{
			"net.ipv4.tcp_wmem allows 4 MiB of send buffer: one connection carries at most 336 Mbit/s up over 100 ms (window / round-trip time); for 1 Gbit/s use -n 3, or raise its third value to 16 MiB",
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 1 Gbit/s use 6 of them: -n 6",
		}},
		"receive buffer, as it was before Linux 6.6": {change: func(h *result.Host) { h.TCPRmem, h.Kernel, h.Cores = "4096 131072 6291456", "5.14.0-362.el9", 4 }, path: far, rate: 2e9, want: []string{
			"net.ipv4.tcp_rmem allows 6 MiB of receive buffer, half of it for data: one connection carries at most 252 Mbit/s down over 100 ms (window / round-trip time); for 2 Gbit/s use -n 8, or raise its third value to 64 MiB",
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 2 Gbit/s use 12 of them: -n 8 --sessions 2",
			"8 connections would share 4 cores: more connections than cores add windows, but no encryption speed; with larger TCP buffers fewer are enough",
		}},
		"cubic": {change: func(h *result.Host) { h.Congestion, h.MTU = "cubic", 1500 }, path: result.Path{Kind: result.Emulated, RTT: 0.1}, rate: 1e9, want: []string{
			"an SSH channel has a window of 2 MiB: it carries at most 168 Mbit/s over 100 ms (window / round-trip time); for 1 Gbit/s use 6 of them: -n 6",
			"cubic holds 1 Gbit/s over 100 ms on one connection only if it loses less than one packet in 1.65 million; several connections (-n) share the loss, and bbr does not take loss for congestion (-g bbr for uploads, where the kernel has it; for downloads the server's setting counts)",
		}},
		"reno, near": {change: func(h *result.Host) { h.Congestion = "reno" }, path: near, rate: 1e9},
		"bbr without pacing": {change: func(h *result.Host) { h.Kernel, h.Qdisc = "4.9.0", "mq pfifo_fast" }, path: near, rate: 1e9, want: []string{
			"bbr is not paced: Linux 4.9.0 leaves that to the qdisc fq, and the interface has mq pfifo_fast; since Linux 4.13 bbr works with both",
		}},
		"bbr, old, with fq":     {change: func(h *result.Host) { h.Kernel = "4.9.0" }, path: near, rate: 1e9},
		"bbr that paces itself": {change: func(h *result.Host) { h.Kernel, h.Qdisc = "4.13", "pfifo_fast" }, path: near, rate: 1e9},
		"frames": {change: func(h *result.Host) { h.MTU = 1500 }, path: result.Path{Kind: result.Network, RTT: 0.0001}, rate: 40e9, want: []string{
			"the interface has an MTU of 1500: 40 Gbit/s are 3.33 million packets/s; an MTU of 9000 would make it 0.56 million, if every hop allows it",
		}},
		"no AES": {change: func(h *result.Host) { h.AES = false }, path: near, rate: 1e9, want: []string{
			"the CPU has no instructions for AES-GCM: ChaCha20 is around three times as fast there (RFC 8439); use -c chacha20-poly1305@openssh.com",
		}},
	} {
		h := good
		if c.change != nil {
			c.change(&h)
		}
		got := Advice(h, c.path, c.rate)
		require.Equal(t, len(c.want), len(got), "%s: %q", name, got)
		for i := range got {
			require.Equal(t, c.want[i], got[i], name)
		}
	}
}

// TestAdviceIsEnough: what is advised carries the rate.
func TestAdviceIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisor{
			path: result.Path{RTT: rapid.Float64Range(1e-5, 1).Draw(t, "rtt")},
			rate: rapid.Float64Range(1e6, 400e9).Draw(t, "rate"),
		}
		window := rapid.Float64Range(4096, 1<<30).Draw(t, "window")
		n := a.times(window)
		require.GreaterOrEqual(t, float64(n)*a.cap(window)*(1+1e-9), a.rate)
		require.True(t, n == 1 || float64(n-1)*a.cap(window) < a.rate, "no more than needed")
		require.GreaterOrEqual(t, a.cap(powerOfTwo(a.flight()))*(1+1e-9), a.rate)
	})
}

func TestAmounts(t *testing.T) {
	for v, want := range map[float64]string{0: "0 bit/s", 999: "999 bit/s", 1000: "1 kbit/s", 335.5e6: "336 Mbit/s", 1.5e9: "1.5 Gbit/s", 12.34e9: "12.3 Gbit/s", 2e15: "2000 Tbit/s"} {
		require.Equal(t, want, bits(v))
	}
	require.Equal(t, "2 MiB", bytes(2<<20))
	require.Zero(t, third("1 2"))
	require.EqualValues(t, 3, third("1 2 3"))
}
