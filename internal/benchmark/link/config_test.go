package link

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Config{
		"rtt=100ms": {RTT: 100 * time.Millisecond},
		"rtt=0s":    {},
		"rtt=0":     {},
		"rtt=100ms,rate=1gbit,loss=0.0002,queue=12m": {100 * time.Millisecond, 1e9, 0.0002, 12 << 20},
		" RTT=1.5s , Queue=64K , Rate=2.5Gbit/s ":    {1500 * time.Millisecond, 2.5e9, 0, 64 << 10},
		"rate=10g,rtt=20ms,loss=0.02%":               {20 * time.Millisecond, 1e10, 0.0002, 0},
		"rtt=1us,rate=1000,queue=1500":               {time.Microsecond, 1000, 0, 1500},
		"rtt=10s,rate=1tbit,queue=1.5g":              {10 * time.Second, 1e12, 0, 3 << 29},
		"rtt=1ms,rate=64kbit,loss=50%":               {time.Millisecond, 64e3, 0.5, 0},
		"rtt=1ms,rate=0,loss=0,queue=0":              {RTT: time.Millisecond},
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParseErrors(t *testing.T) {
	for text, part := range map[string]string{
		"":                               "",
		"100ms":                          "100ms",
		"rate=1gbit":                     "rate=1gbit",
		"rtt=100":                        "rtt=100",
		"rtt=":                           "rtt=",
		"rtt=-1ms":                       "rtt=-1ms",
		"rtt=11s":                        "rtt=11s",
		"rtt=1ms,":                       "",
		"rtt=1ms,rtt=2ms":                "rtt=2ms",
		"rtt=1ms,delay=3":                "delay=3",
		"rtt=1ms,Rate=fast":              "Rate=fast",
		"rtt=1ms,rate=bit":               "rate=bit",
		"rtt=1ms,rate=-1g":               "rate=-1g",
		"rtt=1ms,rate=1e9":               "rate=1e9",
		"rtt=1ms,rate=inf":               "rate=inf",
		"rtt=1ms,rate=999":               "rate=999bit",
		"rtt=1ms,rate=1001g":             "rate=1001gbit",
		"rtt=1ms,rate=1..2g":             "rate=1..2g",
		"rtt=1ms,rate=1gbyte":            "rate=1gbyte",
		"rtt=1ms,loss=1":                 "loss=1",
		"rtt=1ms,loss=100%":              "loss=1",
		"rtt=1ms,loss=nan":               "loss=nan",
		"rtt=1ms,loss=-0.1":              "loss=-0.1",
		"rtt=1ms,rate=1g,queue=1499":     "queue=1499",
		"rtt=1ms,rate=1g,queue=1.2":      "queue=1.2",
		"rtt=1ms,rate=1g,queue=12mbit":   "queue=12mbit",
		"rtt=1ms,rate=1g,queue=9999999g": "queue=9999999g",
		"rtt=1ms,queue=12m":              "queue=12m",
	} {
		_, err := Parse(text)
		var bad *ParseError
		require.ErrorAs(t, err, &bad, text)
		require.Equal(t, part, bad.Part, text)
		require.NotEmpty(t, bad.Reason)
	}
}

func TestString(t *testing.T) {
	for want, c := range map[string]Config{
		"rtt=0s": {},
		"rtt=100ms,rate=1gbit,loss=0.0002,queue=12m": {100 * time.Millisecond, 1e9, 0.0002, 12 << 20},
		"rtt=20ms,rate=2.5gbit,queue=1500":           {20 * time.Millisecond, 2.5e9, 0, 1500},
		"rtt=1ms,rate=1.2345kbit,loss=0.0000001":     {time.Millisecond, 1234.5, 1e-7, 0},
	} {
		require.Equal(t, want, c.String())
	}
}

func TestStringIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{
			RTT:  time.Duration(rapid.Int64Range(0, int64(MaxRTT)).Draw(t, "rtt")),
			Rate: rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(MinRate, MaxRate)).Draw(t, "rate"),
			Loss: rapid.Float64Range(0, math.Nextafter(1, 0)).Draw(t, "loss"),
		}
		if c.Rate > 0 {
			c.Queue = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(mtu, 1<<53)).Draw(t, "queue")
		}
		got, err := Parse(c.String())
		require.NoError(t, err, c.String())
		require.Equal(t, c, got)
	})
}

func FuzzParse(f *testing.F) {
	f.Add("rtt=100ms,rate=1gbit,loss=0.0002,queue=12m")
	f.Add("rtt=1.5s,rate=2.5g,loss=0.02%,queue=1500")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			var bad *ParseError
			require.ErrorAs(t, err, &bad)
			return
		}
		again, err := Parse(c.String())
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}

func TestQueueLimit(t *testing.T) {
	for text, want := range map[string]float64{
		"rtt=100ms,rate=1gbit":           12.5e6,
		"rtt=1ms,rate=1mbit":             MinQueue,
		"rtt=100ms,rate=1gbit,queue=64k": 64 << 10,
	} {
		c, err := Parse(text)
		require.NoError(t, err)
		require.InDelta(t, want, c.queueLimit(), 1e-3)
	}
}
