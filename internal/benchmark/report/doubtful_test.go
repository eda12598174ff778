package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

func TestFewerConnectionsThanAskedFor(t *testing.T) {
	used := func(q result.Question, n, conns, channels int) result.Case {
		c := ours(q, n, 1, 2, 2, 2)
		for i := range c.Samples {
			c.Samples[i].Connections, c.Samples[i].Channels = conns, channels
		}
		return c
	}
	const what = "fewer connections used than asked for: "
	q := one(32 << 20)
	require.Equal(t, []string{what + "mscp, n=8 (2)"}, Warnings(file(used(q, 8, 2, 2), used(q, 2, 2, 2), peer(q, "lftp", "", 2, 2, 2))))
	require.Equal(t, []string{what + "mscp, n=8 (3)"}, Warnings(file(used(q, 8, 0, 3), used(q, 2, 0, 2))), "behind a jump host")
	require.Empty(t, Warnings(file(used(q, 8, 0, 0))), "nothing was seen")
	once := used(q, 8, 2, 2)
	once.Samples[1].Connections = 8
	require.Empty(t, Warnings(file(once)), "one that was refused once")
	require.Empty(t, Warnings(file(used(one(1), 8, 1, 1))), "nobody expects more of one byte")
}

func TestDiskOfTheServer(t *testing.T) {
	const what = "the server's disk: written data may not be on the device yet, and read data may come from the page cache"
	for _, c := range []struct {
		kind         string
		direction    result.Direction
		source, sink string
		want         []string
	}{
		{result.Network, result.Up, result.Memory, result.Disk, []string{what}}, {result.Network, result.Down, result.Disk, result.Memory, []string{what}},
		{result.Network, result.Up, result.Disk, result.Memory, []string{}}, {result.Network, result.Down, result.Memory, result.Disk, []string{}},
		{result.Loopback, result.Up, result.Memory, result.Disk, []string{}},
	} {
		q := one(4 * gib)
		q.Direction, q.Source, q.Sink = c.direction, c.source, c.sink
		f := file(ours(q, 8, 1, 2, 2, 2))
		f.Path.Kind = c.kind
		require.Equal(t, c.want, Warnings(f))
	}
}

func TestEmulationTooSlow(t *testing.T) {
	f := file(ours(one(4*gib), 8, 1, 2, 2, 2))
	f.Path.Kind = result.Emulated
	require.Empty(t, Warnings(f))
	f.Path.Overrun = 3
	require.Equal(t, []string{"this machine was too slow for the emulated path, which lost 3 writes of up to 64 KiB that a real one would have carried"}, Warnings(f))
}

// TCP alone is not a command: what it cost is not known, which is not nothing.
func TestNoCostOfTCPAlone(t *testing.T) {
	q := one(4 * gib)
	alone := result.Case{Question: q, Tool: result.TCP, Connections: 2, Samples: []result.Sample{{Seconds: 1, Bytes: 4 * gib, Files: 1, Connections: 2}}}
	f := file(alone, ours(q, 2, 1, 2, 2, 2))
	var table, bench bytes.Buffer
	require.NoError(t, Table(&table, f, Options{Width: 200}))
	require.NoError(t, GoBench(&bench, f))
	for line := range strings.Lines(table.String()) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == "tcp" {
			require.Equal(t, "- - - 2 - -", strings.Join(words[len(words)-6:], " "), "CPU, per CPU, memory, connections, retransmits, RTT")
		}
	}
	for line := range strings.Lines(bench.String()) {
		if strings.HasPrefix(line, "BenchmarkTcp") {
			values := parseBench(t, line)
			require.NotContains(t, values, "cpu-ns/op")
			require.NotContains(t, values, "retransmits/op")
			require.Contains(t, values, "conns")
		}
	}
}
