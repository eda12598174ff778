package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/benchmark/result"
)

func TestWarningsOfAGoodFile(t *testing.T) {
	f := file(ours(one(4*gib), 8, 1, 2, 2, 2))
	require.Equal(t, []string{}, Warnings(f))
	var b bytes.Buffer
	require.NoError(t, JSON(&b, f))
	require.Contains(t, b.String(), `"warnings": []`)
	again, err := result.Read(&b)
	require.NoError(t, err)
	require.Equal(t, f, again)
}

func TestWarningsOfEveryCaseAreOne(t *testing.T) {
	q := one(4 * gib)
	require.Equal(t, []string{"fewer than three good runs: every case (1)"}, Warnings(file(ours(q, 1, 1, 2), ours(q, 2, 1, 2))))
}

func TestEveryOutputWarns(t *testing.T) {
	f := interrupted()
	require.Len(t, Warnings(f), 2)
	for kind, write := range outputs() {
		var b bytes.Buffer
		require.NoError(t, write(&b, f))
		text := strings.Join(strings.Fields(strings.ReplaceAll(b.String(), `\`, "")), " ")
		for _, w := range Warnings(f) {
			require.Contains(t, text, w, kind)
		}
	}
}

func TestRatioIsOfTheSameCipher(t *testing.T) {
	q := one(4 * gib)
	chacha := ours(q, 8, 1, 1, 1, 1)
	chacha.Cipher = "chacha20-poly1305@openssh.com"
	slow := peer(q, "scp", result.SameCipher, 10, 10, 10)
	slow.Cipher = chacha.Cipher
	own := ours(q, 8, 1, 1, 1, 1)
	g := groups(file(own, chacha, slow, peer(q, "scp", result.SameCipher, 4, 4, 4), peer(q, "rsync", result.Defaults, 8, 8, 8)))[0]
	ratios := map[string]float64{}
	for _, r := range g.rows {
		ratios[g.label(r)] = r.ratio
	}
	require.Equal(t, 10.0, ratios["mscp, chacha20-poly1305"])
	require.Equal(t, 1.0, ratios["scp, same cipher, aes128-gcm"])
	require.Equal(t, "scp (same cipher)", g.base)

	other := peer(q, "scp", result.SameCipher, 4, 4, 4)
	g = groups(file(chacha, other))[0]
	require.Equal(t, []float64{0, 1}, []float64{g.rows[0].ratio, g.rows[1].ratio}, "no scp of that cipher")
}

func TestBases(t *testing.T) {
	q := one(4 * gib)
	same, plain := peer(q, "scp", result.SameCipher, 4, 4, 4), peer(q, "scp", result.Defaults, 5, 5, 5)
	single := timed(result.Case{Question: q, Tool: result.Single}, 1, 6, 6, 6)
	broken := same
	broken.Samples = []result.Sample{{Error: "x", Seconds: 1, Bytes: 1}}
	for want, cases := range map[string][]result.Case{
		"scp (same cipher)": {single, plain, same},
		"scp (defaults)":    {single, plain, broken},
		"the single stream": {single, broken},
		"":                  {broken, ours(q, 8, 1, 1)},
	} {
		require.Equal(t, want, groups(file(cases...))[0].base)
	}
}

func TestSmallWorkIsRankedBySeconds(t *testing.T) {
	q := one(1)
	g := groups(file(peer(q, "rsync", "", 3, 3, 3), peer(q, "scp", "", 2, 2, 2), ours(q, 1, 1, 1, 1, 1)))[0]
	require.Equal(t, []string{"mscp", "scp", "rsync"}, []string{g.rows[0].Tool, g.rows[1].Tool, g.rows[2].Tool})
	require.Equal(t, 2.0, g.rows[0].ratio)
	empty := one(0)
	require.Equal(t, 2.0, groups(file(peer(empty, "scp", "", 2), ours(empty, 1, 1, 1)))[0].rows[0].ratio)
}

func TestLimitStandsBesideWhatItLimits(t *testing.T) {
	all := groups(file(sweep(one(4*gib), 1)...))
	require.Len(t, all, 1)
	alone := groups(file(timed(result.Case{Question: one(4 * gib), Tool: result.SSH}, 8, 1)))
	require.Len(t, alone, 1)
}

func TestQuoteIsShort(t *testing.T) {
	require.Equal(t, `"\x1b[0m\u202e"`, quote("\x1b[0m\u202e"))
	require.Len(t, quote(strings.Repeat("x", 5000)), longestQuote+len(`"..."`))
}

func TestDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 0.0213: "0.0213", 0.99949: "0.999", 0.9996: "1.00", 2.126: "2.13", 9.996: "10.0", 99.96: "100", 2130.4: "2130", 1e-12: "0.000000000",
	} {
		require.Equal(t, want, digits(v), "%g", v)
	}
}

// oddFile has hostile names and odd figures, none that result.Read would refuse.
func oddFile() *rapid.Generator[*result.File] {
	q := rapid.Custom(func(t *rapid.T) result.Question {
		return result.Question{
			Server: rapid.SampledFrom([]string{"sshd", "host"}).Draw(t, "server"), Direction: result.Down,
			Work:   result.Work{Files: rapid.Int64Range(0, 3).Draw(t, "files"), Size: rapid.Int64Range(0, 1<<40).Draw(t, "size")},
			Source: result.Memory, Sink: result.Disk,
		}
	})
	sample := rapid.Custom(func(t *rapid.T) result.Sample {
		return result.Sample{
			Seconds: rapid.Float64Range(1e-9, 1e9).Draw(t, "seconds"), Bytes: rapid.Int64Range(0, 1<<60).Draw(t, "bytes"),
			User: rapid.Float64Range(0, 1e9).Draw(t, "user"), RTT: rapid.Float64Range(0, 10).Draw(t, "rtt"),
			Connections: rapid.IntRange(0, 99).Draw(t, "conns"), Error: rapid.SampledFrom([]string{"", "", "", "\x1b[2J\r\nBenchmark", "Unit x"}).Draw(t, "error"),
		}
	})
	c := rapid.Custom(func(t *rapid.T) result.Case {
		return result.Case{
			Question: rapid.OneOf(rapid.SampledFrom([]result.Question{one(1), one(gib)}), q).Draw(t, "question"),
			Tool:     rapid.OneOf(rapid.SampledFrom([]string{"mscp", "mscp", "scp", "single", "ssh"}), rapid.StringN(1, 60, -1)).Draw(t, "tool"),
			Settings: rapid.OneOf(rapid.SampledFrom([]string{"", result.SameCipher, result.Defaults}), rapid.String()).Draw(t, "settings"),
			Version:  rapid.String().Draw(t, "version"), Connections: rapid.IntRange(0, 64).Draw(t, "n"),
			Samples: rapid.SliceOfN(sample, 0, 4).Draw(t, "samples"),
		}
	})
	return rapid.Custom(func(t *rapid.T) *result.File {
		f := file(rapid.SliceOfN(c, 0, 8).Draw(t, "cases")...)
		require.NoError(t, f.Check())
		return f
	})
}

func TestTextStaysInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := oddFile().Draw(t, "file")
		for _, g := range groups(f) {
			for _, line := range g.blocks(120) {
				require.LessOrEqual(t, utf8.RuneCountInString(line), 120, "%q", line)
			}
		}
		for kind, write := range outputs() {
			var b bytes.Buffer
			require.NoError(t, write(&b, f), kind)
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				if kind != "json" {
					require.Equal(t, -1, strings.IndexFunc(line, unicode.IsControl), "%s: %q", kind, line)
				}
				if kind == "bench" && strings.HasPrefix(line, "Benchmark") {
					require.NotEmpty(t, parseBench(t, line))
				}
			}
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken pipe")

func TestWriteErrorsArePassedOn(t *testing.T) {
	for kind, write := range outputs() {
		require.ErrorIs(t, write(broken{}, rich()), errBroken, kind)
	}
}
