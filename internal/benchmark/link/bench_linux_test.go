package link

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// BenchmarkStream is one TCP stream from the server to the client, and what its two forwarders take.
//
//	go test -run - -bench Stream ./internal/benchmark/link
func BenchmarkStream(b *testing.B) {
	for _, link := range []string{"rtt=1ms", "rtt=20ms,rate=1gbit", "rtt=100ms,rate=1gbit", "rtt=100ms,rate=1gbit,loss=0.0002"} {
		for _, congestion := range []string{"bbr", "cubic", "reno"} {
			b.Run(link+"/"+congestion, func(b *testing.B) {
				l := open(b, link)
				client, server, _ := connect(b, l, congestion)
				var wg sync.WaitGroup
				wg.Go(func() { zeros(server) })
				buf := make([]byte, 1<<20)
				_, err := io.ReadFull(client, buf) // past the handshake
				require.NoError(b, err)
				time.Sleep(time.Second)
				b.SetBytes(int64(len(buf)))
				cpu, all := forwarderCPU(b), processCPU()
				b.ResetTimer()
				for b.Loop() {
					_, err := io.ReadFull(client, buf)
					require.NoError(b, err)
				}
				b.StopTimer()
				bits := 8 * float64(len(buf)) * float64(b.N)
				b.ReportMetric(bits/b.Elapsed().Seconds()/1e9, "Gbit/s")
				b.ReportMetric((forwarderCPU(b)-cpu).Seconds()/b.Elapsed().Seconds(), "forwarder-cores")
				b.ReportMetric((processCPU()-all).Seconds()/b.Elapsed().Seconds(), "cores")
				s, err := l.Stats()
				require.NoError(b, err)
				b.Logf("%+v", s)
				client.Close()
				server.Close()
				wg.Wait()
			})
		}
	}
}

// forwarderCPU is what the forwarders' threads have taken so far (proc(5), /proc/pid/schedstat: ns).
func forwarderCPU(t testing.TB) (d time.Duration) {
	tasks, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	for _, task := range tasks {
		dir := "/proc/self/task/" + task.Name() + "/"
		name, _ := os.ReadFile(dir + "comm")
		if !strings.HasPrefix(string(name), "link ") {
			continue
		}
		stat, err := os.ReadFile(dir + "schedstat")
		require.NoError(t, err)
		ns, err := strconv.ParseInt(strings.Fields(string(stat))[0], 10, 64)
		require.NoError(t, err)
		d += time.Duration(ns)
	}
	return d
}

func processCPU() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
