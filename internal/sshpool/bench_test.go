package sshpool

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// BenchmarkChannel moves 64 MiB an operation through one channel of a real sshd, without SFTP: what the layers below it cost.
// Run it with -benchtime 32x for 2 GiB.
func BenchmarkChannel(b *testing.B) {
	const piece, pieces = 256 << 10, 256
	for _, c := range []struct{ name, subsystem string }{{"up", "cat >/dev/null"}, {"down", "cat /dev/zero"}} {
		b.Run(c.name, func(b *testing.B) {
			s := sshdtest.Start(b, sshdtest.WithConfig("Subsystem sftp exec "+c.subsystem))
			p := newPool(b, Options{Host: resolve(b, s)})
			ch, err := p.Open(within(b))
			require.NoError(b, err)
			move := ch.Write
			if c.name == "down" {
				move = ch.Read
			}
			buf := make([]byte, piece)
			b.SetBytes(piece * pieces)
			before := cpu(b)
			for b.Loop() {
				for todo := piece * pieces; todo > 0; {
					n, err := move(buf[:min(todo, piece)])
					require.NoError(b, err)
					todo -= n
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpu is the processor time of this process, user and system.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
