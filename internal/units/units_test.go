package units

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.00 KiB", 1029: "1.00 KiB", 1030: "1.01 KiB", 10234: "9.99 KiB", 10235: "10.0 KiB",
		102348: "99.9 KiB", 102349: "100 KiB", 1<<20 - 513: "1023 KiB", 1<<20 - 512: "1.00 MiB", 1<<30 - 1: "1.00 GiB",
		5 << 30: "5.00 GiB", 1 << 40: "1.00 TiB", 1 << 50: "1.00 PiB", 1<<63 - 1: "8.00 EiB",
	} {
		require.Equal(t, want, Bytes(n), "%d bytes", n)
	}
}

func TestBits(t *testing.T) {
	for rate, want := range map[float64]string{
		0: "0 bit/s", 999.4: "999 bit/s", 999.5: "1.00 kbit/s", 1000: "1.00 kbit/s", 12345: "12.3 kbit/s", 999_499: "999 kbit/s",
		999_500: "1.00 Mbit/s", 3.21e9: "3.21 Gbit/s", 100e9: "100 Gbit/s", 2e15: "2000 Tbit/s",
	} {
		require.Equal(t, want, Bits(rate), "%f bit/s", rate)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.00 s", 204 * time.Millisecond: "0.20 s", 59994 * time.Millisecond: "59.99 s", 59995 * time.Millisecond: "1:00",
		62 * time.Second: "1:02", 3599500 * time.Millisecond: "1:00:00", 3723 * time.Second: "1:02:03",
		24*time.Hour - time.Second: "23:59:59", 51*time.Hour + 4*time.Minute + 5*time.Second: "2d03:04:05",
	} {
		require.Equal(t, want, Duration(d), "%d ns", d)
	}
}

func TestUnitsStayShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Min(0).Draw(t, "n")
		text := Bytes(n)
		require.LessOrEqual(t, len(text), len("1023 KiB"))
		require.False(t, strings.HasPrefix(text, "1024"), text)
		require.LessOrEqual(t, len(Bits(float64(n)/1e4)), len("1.00 Gbit/s"))
	})
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		done, known  int64
		digits, unit string
	}{
		{0, 0, "0/0", "B"},
		{1, 1023, "1/1023", "B"},
		{1 << 20, 5 << 30, "0.00/5.00", "GiB"},
		{1 << 30, 50 << 30, "1.0/50.0", "GiB"},
		{1 << 30, 500 << 30, "1/500", "GiB"},
		{2048, 0, "2.00/2.00", "KiB"}, // more than known: never more than all
	} {
		digits, unit := Ratio(c.done, c.known)
		require.Equal(t, c.digits+" "+c.unit, digits+" "+unit)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5": 5 * time.Second, "0": 0, "0.5": 500 * time.Millisecond, "3s": 3 * time.Second, "500ms": 500 * time.Millisecond, "1h30m": 90 * time.Minute,
		"90 sec": 90 * time.Second, "2 days": 48 * time.Hour, "1.5min": 90 * time.Second, "1H 5M": 65 * time.Minute, "10us": 10 * time.Microsecond,
	} {
		got, ok := ParseDuration(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", " ", "s", "soon", "-1", "-3s", "1x", "1:30", "5 5", "1e30", "9999999999h", "NaN", "inf", "1.2.3s", "\x00"} {
		_, ok := ParseDuration(text)
		require.False(t, ok, text)
	}
}

// What a duration's String gives is read as the same duration.
func TestParseDurationReadsGos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, int64(100*24*time.Hour/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
		got, ok := ParseDuration(want.String())
		require.True(t, ok)
		require.InDelta(t, want, got, float64(time.Microsecond))
	})
}
