package report

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// parseBench reads a result line as the format's definition has it: the name, the number of iterations, pairs of value and unit, divided
// by white space.
func parseBench(t require.TestingT, line string) map[string]float64 {
	words := strings.Fields(line)
	require.GreaterOrEqual(t, len(words), 4, "%q", line)
	require.Equal(t, 0, len(words)%2, "%q", line)
	require.True(t, strings.HasPrefix(words[0], "Benchmark"), "%q", line)
	require.Equal(t, "1", words[1], "%q", line)
	values := map[string]float64{}
	for i := 2; i < len(words); i += 2 {
		v, err := strconv.ParseFloat(words[i], 64)
		require.NoError(t, err, "%q", line)
		require.NotContains(t, values, words[i+1], "a unit comes once")
		values[words[i+1]] = v
	}
	return values
}

func TestGoBenchReadBack(t *testing.T) {
	f := rich()
	var b bytes.Buffer
	require.NoError(t, GoBench(&b, f))
	var lines []string
	for line := range strings.Lines(b.String()) {
		switch key, _, ok := strings.Cut(line, ": "); {
		case strings.HasPrefix(line, "Benchmark"):
			lines = append(lines, line)
		case strings.HasPrefix(line, "#"), line == "\n":
		default:
			require.True(t, ok && key == strings.ToLower(key) && !strings.Contains(key, " "), "%q is no configuration line", line)
		}
	}
	for _, c := range f.Cases {
		for _, s := range c.Samples {
			values := parseBench(t, lines[0])
			require.InDelta(t, 1e9*s.Seconds, values["ns/op"], 1)
			require.InDelta(t, s.BitsPerSecond()/8, values["B/s"], 1)
			require.InDelta(t, 1e9*s.CPU(), values["cpu-ns/op"], 1)
			lines = lines[1:]
		}
	}
	require.Empty(t, lines)
}

func TestBenchName(t *testing.T) {
	c := result.Case{Question: one(4 * gib), Tool: "my tool/x=y", Settings: result.SameCipher, Connections: 8}
	require.Equal(t, "BenchmarkMy_tool_x_y/dir=up/files=1/size=4GiB/server=sshd/from=memory/to=memory/settings=same_cipher/n=8-1", benchName(c, 0))
}

func TestExact(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 1: "1B", 1000: "1000B", 1024: "1KiB", 1536: "1536B", 4 * gib: "4GiB", 1 << 60: "1024PiB"} {
		require.Equal(t, want, exact(n))
	}
}
