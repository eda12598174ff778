package report

import (
	"strings"
	"time"

	"mscp/internal/benchmark/result"
)

const gib = 1 << 30

func host() result.Host {
	return result.Host{
		OS: "linux", Kernel: "6.8.0-45-generic", CPU: "AMD EPYC 7713 64-Core Processor", Cores: 16, AES: true, Memory: 64 * gib,
		Congestion: "cubic", TCPRmem: "4096 131072 6291456", TCPWmem: "4096 16384 4194304", RmemMax: 212992, WmemMax: 212992, Qdisc: "fq_codel", MTU: 1500,
	}
}

func file(cases ...result.Case) *result.File {
	return &result.File{
		Version: 1, Started: time.Date(2026, 10, 5, 12, 30, 0, 0, time.UTC),
		Command: []string{"mscp", "bench", "--peer", "mine=cp {src} {dst}"},
		Host:    host(), Path: result.Path{Kind: result.Loopback, RTT: 5e-5}, Cases: cases,
	}
}

func one(size int64) result.Question {
	return result.Question{Server: "sshd", Direction: result.Up, Work: result.Work{Files: 1, Size: size}, Source: result.Memory, Sink: result.Memory}
}

const aes = "aes128-gcm@openssh.com"

// timed gives a case a run for each number of seconds.
func timed(c result.Case, conns int, seconds ...float64) result.Case {
	for i, s := range seconds {
		c.Samples = append(c.Samples, result.Sample{
			Seconds: s, Bytes: c.Work.Bytes(), Files: c.Work.Files, User: 0.7 * s * float64(max(1, conns)), System: 0.3 * s,
			PeakRSS: 40<<20 + int64(i)<<20, Connections: conns, Retransmits: int64(i), RTT: 6e-5 + float64(i)*1e-6, MinRTT: 5e-5,
		})
	}
	return c
}

func ours(q result.Question, n, sessions int, seconds ...float64) result.Case {
	c := timed(result.Case{Question: q, Tool: result.Mscp, Version: "v0.9.1", Connections: n, Sessions: sessions}, n, seconds...)
	for i := range c.Samples {
		c.Samples[i].Cipher, c.Samples[i].Block, c.Samples[i].Inflight, c.Samples[i].Channels = aes, 255<<10, 16, n*sessions
	}
	return c
}

func peer(q result.Question, tool, settings string, seconds ...float64) result.Case {
	c := result.Case{Question: q, Tool: tool, Version: tool + " 1.2", Settings: settings}
	if settings == result.SameCipher {
		c.Cipher = aes
	}
	return timed(c, 1, seconds...)
}

// sweep is mscp by connections and sessions beside its peers.
func sweep(q result.Question, scale float64) []result.Case {
	s := func(v ...float64) []float64 {
		for i := range v {
			v[i] *= scale
		}
		return v
	}
	single := timed(result.Case{Question: q, Tool: result.Single, Version: "v0.9.1", Connections: 1, Sessions: 1, Block: 32 << 10, Inflight: 64}, 1, s(11.2, 11.4, 11.1)...)
	zeros := q
	zeros.Source, zeros.Sink = "zeros", result.Null
	limit := timed(result.Case{Question: zeros, Tool: result.SSH, Version: "v0.9.1", Connections: 16, Sessions: 2, Cipher: aes}, 16, s(1.3, 1.32, 1.29)...)
	return []result.Case{
		single,
		ours(q, 1, 1, s(9.1, 9.2, 9.0)...), ours(q, 2, 1, s(4.7, 4.8, 4.6)...), ours(q, 4, 1, s(2.6, 2.7, 2.5)...),
		ours(q, 8, 1, s(1.9, 2.0, 1.8)...), ours(q, 16, 1, s(1.7, 1.9, 1.5)...),
		ours(q, 1, 2, s(8.1, 8.3, 8.0)...), ours(q, 2, 2, s(4.1, 4.2, 4.0)...), ours(q, 4, 2, s(2.3, 2.4, 2.2)...),
		ours(q, 8, 2, s(1.6, 1.7, 1.5)...), ours(q, 16, 2, s(1.5, 1.55, 1.4)...),
		limit,
		peer(q, "scp", result.SameCipher, s(10.9, 11.0, 10.8)...), peer(q, "scp", result.Defaults, s(14.2, 14.4, 14.1)...),
		peer(q, "rsync", result.SameCipher, s(13.0, 13.9, 12.8)...), peer(q, "tar", result.SameCipher, s(9.9, 10.1, 9.8)...),
		peer(q, "lftp", result.SameCipher, s(21.0, 22.0, 20.5)...),
	}
}

// rich has all that a file can have.
func rich() *result.File {
	q := one(4 * gib)
	down := q
	down.Direction = result.Down
	byFiles := q
	byFiles.Work = result.Work{Files: 10000, Size: 4 << 10}
	f := file(append(sweep(q, 1), sweep(down, 1.1)...)...)
	f.Cases = append(f.Cases,
		ours(byFiles, 8, 1, 1.2, 1.25, 1.21), peer(byFiles, "scp", result.SameCipher, 14, 15, 14.5), peer(byFiles, "tar", result.SameCipher, 1.1, 1.9, 1.0),
		ours(one(1), 8, 1, 0.0213, 0.0220, 0.0210), peer(one(1), "scp", result.SameCipher, 0.35, 0.36, 0.34), peer(one(1), "rclone", "", 1.31, 1.32, 1.30),
	)
	f.Skipped = []result.Skipped{{Tool: "rsync", Reason: "it writes into files only"}}
	return f
}

// singleRun is one run of one case.
func singleRun() *result.File { return file(ours(one(4*gib), 8, 1, 1.9)) }

func failed() *result.File {
	q := one(4 * gib)
	part := ours(q, 8, 1, 1.9, 1.8, 2.0, 1.9)
	part.Samples[1] = result.Sample{Seconds: 0.3, Bytes: 1000, Error: "exit status 1: \x1b[31mConnection reset\x1b[0m by \u202epeer\n"}
	whole := peer(q, "scp", result.SameCipher)
	whole.Samples = []result.Sample{{Seconds: 30, Error: "timeout"}, {Seconds: 0.1, Error: "exit status 255"}, {Seconds: 30, Error: "timeout"}}
	odd := peer(q, "my | \x1b]0;tool`<b>", "", 4, 4, 4)
	odd.Version = "1|2\x07"
	return file(part, whole, peer(q, "scp", result.Defaults, 8, 8, 8), odd)
}

func interrupted() *result.File {
	q := one(4 * gib)
	f := file(ours(q, 8, 1, 1.9, 1.8), ours(q, 16, 1, 1.7), ours(q, 32, 1), peer(q, "scp", result.SameCipher))
	f.Interrupted = true
	return f
}

func nothing() *result.File {
	f := file()
	f.Interrupted = true
	f.Host, f.Command = result.Host{OS: "linux", Cores: 1}, nil
	f.Skipped = []result.Skipped{{Tool: "scp", Reason: "scp is not installed"}}
	return f
}

// several are two files of one machine; the second one has no scp.
func several() *result.File {
	q := one(4 * gib)
	a := file(ours(q, 8, 1, 1.9, 1.8, 2.0), ours(q, 16, 1, 1.5, 1.5, 1.5), peer(q, "scp", result.SameCipher, 8, 8.1, 7.9))
	b := file(ours(q, 8, 1, 1.4, 1.5, 1.45), ours(q, 16, 1, 1.2, 1.2, 1.25), peer(q, "rsync", result.SameCipher, 12, 12.2, 12.1))
	for i := range b.Cases {
		b.Cases[i].Version = "v1.0.0"
	}
	return result.Merge(result.Named{Name: "before.json", File: a}, result.Named{Name: "after.json", File: b})[0]
}

// hard is hard to draw: lines that lie on each other, long names, close numbers of connections, many tools, little throughput.
func hard() *result.File {
	q := one(16 << 20)
	q.Server = "host"
	f := file()
	f.Path = result.Path{Kind: result.Emulated, Link: "rtt=200ms,rate=10mbit,loss=0.1%,queue=1000,jitter=10ms,reorder=0.5%"}
	for i, n := range []int{1, 6, 7, 8, 9, 15, 16, 64} {
		s := 20 / (1 + float64(i)/10)
		for j, cipher := range []string{aes, "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"} {
			c := ours(q, n, 1, s, s+float64(j)/3, s+1)
			c.Cipher = cipher
			f.Cases = append(f.Cases, c)
		}
	}
	for i := range 22 {
		v := 30 + float64(i)/20
		f.Cases = append(f.Cases, peer(q, strings.Repeat("longtool", 1+i%6)+string(rune('a'+i)), result.SameCipher, v, v+0.5, v+1))
	}
	return f
}

func files() map[string]*result.File {
	return map[string]*result.File{
		"rich": rich(), "single-run": singleRun(), "failed": failed(), "interrupted": interrupted(), "nothing": nothing(), "several": several(), "hard": hard(),
	}
}
