package progress

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		name string
		s    status
		want int
	}{
		{"the walk runs", status{bytes: 1, bytesKnown: 2, filesKnown: 1}, unknown},
		{"nothing to copy", status{walked: true}, unknown},
		{"begun", status{walked: true, bytesKnown: 1000, filesKnown: 1, bytes: 9}, 0},
		{"bytes", status{walked: true, bytesKnown: 1000, filesKnown: 9, files: 8, bytes: 459}, 45},
		{"all bytes, not all files", status{walked: true, bytesKnown: 10, bytes: 10, filesKnown: 2, files: 1}, 99},
		{"all", status{walked: true, bytesKnown: 10, bytes: 10, filesKnown: 2, files: 2}, 100},
		{"a source that shrank", status{walked: true, bytesKnown: 10, bytes: 5, filesKnown: 1, files: 1}, 50},
		{"a source that grew", status{walked: true, bytesKnown: 10, bytes: 15, filesKnown: 1, files: 1}, 100},
		{"empty files", status{walked: true, filesKnown: 4, files: 3}, 75},
		{"more than an int of hundredths", status{walked: true, bytesKnown: 1 << 62, bytes: 1 << 61, filesKnown: 1}, 50},
	} {
		require.Equal(t, c.want, c.s.percent(), c.name)
	}
}

func TestETA(t *testing.T) {
	for _, c := range []struct {
		name string
		s    status
		want time.Duration
	}{
		{"the walk runs", status{bytesKnown: 10, rate: 1}, unknown},
		{"at rate", status{walked: true, bytesKnown: 100, bytes: 40, rate: 10}, 6 * time.Second},
		{"stalled", status{walked: true, bytesKnown: 100, bytes: 40}, unknown},
		{"nearly stalled", status{walked: true, bytesKnown: 1 << 62, rate: 1}, unknown},
		{"empty files left", status{walked: true, bytesKnown: 9, bytes: 9, filesKnown: 30, files: 10, fileRate: 5}, 4 * time.Second},
		{"done", status{walked: true, bytesKnown: 9, bytes: 9, filesKnown: 1, files: 1}, 0},
	} {
		require.Equal(t, c.want, c.s.eta(), c.name)
	}
}

func TestMeterForgetsWhatIsOld(t *testing.T) {
	m := meter{window: 5 * time.Second}
	at := func(seconds, bytes int64) float64 {
		return m.rate(status{elapsed: time.Duration(seconds) * time.Second, bytes: bytes}).rate
	}
	require.Zero(t, at(0, 0))
	require.Equal(t, 1000.0, at(1, 1000))
	for s := int64(2); s <= 10; s++ {
		require.Equal(t, 1000.0, at(s, 1000*s))
	}
	require.Equal(t, 800.0, at(11, 10000), "four of the five seconds")
	for s := int64(12); s < 15; s++ {
		at(s, 10000)
	}
	require.Zero(t, at(15, 10000), "a stall shows after the window")
	require.Zero(t, at(16, 9000), "bytes that are sent again are no negative rate")
	require.LessOrEqual(t, len(m.past), 7)
}

func TestMeterWithALongInterval(t *testing.T) {
	m := meter{window: 10 * time.Second}
	m.rate(status{})
	m.rate(status{elapsed: 10 * time.Second, bytes: 1000})
	require.Equal(t, 300.0, m.rate(status{elapsed: 20 * time.Second, bytes: 4000}).rate)
}

func TestVerifying(t *testing.T) {
	s := status{walked: true, bytes: 200, bytesKnown: 200, verified: 50, filesKnown: 1}
	require.True(t, s.verifying())
	require.Equal(t, "verified 25%", timePart(s))
	require.Contains(t, plainLine(s), ", 50 B verified")
	s.bytes = 100
	require.False(t, s.verifying(), "the copy is not done")
}
