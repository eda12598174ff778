package progress

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var middle = status{walked: true, bytes: 1342177280, bytesKnown: 2899102925, files: 120, filesKnown: 2048,
	rate: 401 << 20, conns: 8}

func TestBarLineDropsWhatDoesNotFit(t *testing.T) {
	for width, want := range map[int]string{
		120: " 46% [=================>                      ] 1.25/2.70GiB  120/2048 files 3.36Gbit/s  401MiB/s ETA 0:04 8 conn",
		80:  " 46% [=>    ] 1.25/2.70GiB  120/2048 files 3.36Gbit/s  401MiB/s ETA 0:04 8 conn",
		66:  " 46% 1.25/2.70GiB  120/2048 files 3.36Gbit/s  401MiB/s ETA 0:04",
		60:  " 46% 1.25/2.70GiB  120/2048 files 3.36Gbit/s ETA 0:04",
		40:  " 46% 1.25/2.70GiB 3.36Gbit/s ETA 0:04",
		30:  " 46% 3.36Gbit/s ETA 0:04",
		16:  " 46% ETA 0:04",
		3:   " 4",
		1:   "",
	} {
		require.Equal(t, want, barLine(middle, width), "%d columns", width)
	}
}

func TestBarLineWhileTheWalkRuns(t *testing.T) {
	s := middle
	s.walked = false
	require.Equal(t, " --% 1.25/2.70GiB+  120/2048+ files 3.36Gbit/s  401MiB/s ETA --:-- 8 conn", barLine(s, 80))
}

func TestBarLineAtTheEnd(t *testing.T) {
	s := status{ended: true, walked: true, bytes: 5, bytesKnown: 5, files: 1, filesKnown: 1, elapsed: 3723 * time.Second, rate: 0.5}
	require.Equal(t, "100% [=========================] 5/5B 1/1 files     4bit/s      0B/s in 1:02:03", barLine(s, 80))
}

func TestGauge(t *testing.T) {
	require.Equal(t, "  0% [    ]", gauge(0, 4))
	require.Equal(t, "  1% [          ]", gauge(1, 10))
	require.Equal(t, " 50% [====>     ]", gauge(50, 10))
	require.Equal(t, " 99% [========> ]", gauge(99, 10))
	require.Equal(t, "100% [==========]", gauge(100, 10))
}

func TestBarLineNeverWraps(t *testing.T) {
	amount := rapid.Int64Range(0, 1<<60)
	rapid.Check(t, func(t *rapid.T) {
		s := status{
			elapsed: time.Duration(amount.Draw(t, "elapsed")), bytes: amount.Draw(t, "bytes"), bytesKnown: amount.Draw(t, "bytes known"),
			files: amount.Draw(t, "files"), filesKnown: amount.Draw(t, "files known"), conns: amount.Draw(t, "conns"),
			rate: rapid.Float64Range(0, 1e15).Draw(t, "rate"), walked: rapid.Bool().Draw(t, "walked"), ended: rapid.Bool().Draw(t, "ended"),
		}
		width := rapid.IntRange(1, 200).Draw(t, "width")
		line := barLine(s, width)
		require.Less(t, len(line), width)
		require.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }), "%q", line)
	})
}
