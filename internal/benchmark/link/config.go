package link

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Config describes a link. The zero value delays and drops nothing.
type Config struct {
	RTT   time.Duration // half of it each way
	Rate  float64       // bit/s of IP packets, each way; 0: as fast as the machine can
	Loss  float64       // probability that a packet is lost on its way, each packet by itself
	Queue int64         // bytes that wait for the line at most; 0: what Rate carries in one RTT, and at least MinQueue. Needs a Rate
}

// Limits of a Config.
const (
	MaxRTT   = 10 * time.Second
	MinRate  = 1e3  // bit/s
	MaxRate  = 1e12 // bit/s
	MinQueue = 100 * mtu
	mtu      = 1500
)

// ParseError says which part of a link's description is wrong.
type ParseError struct {
	Part   string // as it was given: "loss=2"
	Reason string
}

func (e *ParseError) Error() string { return fmt.Sprintf("link: %q: %s", e.Part, e.Reason) }

// Validate returns a *ParseError for a link that cannot be.
func (c Config) Validate() error {
	bad := func(part, reason string) error { return &ParseError{part, reason} }
	switch {
	case c.RTT < 0 || c.RTT > MaxRTT:
		return bad("rtt="+c.RTT.String(), "must be from 0s to "+MaxRTT.String())
	case c.Rate != 0 && !(c.Rate >= MinRate && c.Rate <= MaxRate):
		return bad("rate="+rateText(c.Rate), "must be 0, or from "+rateText(MinRate)+" to "+rateText(MaxRate))
	case !(c.Loss >= 0 && c.Loss < 1):
		return bad("loss="+decimal(c.Loss), "must be from 0 to less than 1 (or 100%)")
	case c.Queue != 0 && c.Queue < mtu:
		return bad("queue="+queueText(c.Queue), fmt.Sprintf("must hold a packet of %d bytes", mtu))
	case c.Queue != 0 && c.Rate == 0:
		return bad("queue="+queueText(c.Queue), "nothing queues without a rate")
	}
	return nil
}

// String gives the text that Parse reads as c, of a valid c.
func (c Config) String() string {
	parts := []string{"rtt=" + c.RTT.String()}
	if c.Rate != 0 {
		parts = append(parts, "rate="+rateText(c.Rate))
	}
	if c.Loss != 0 {
		parts = append(parts, "loss="+decimal(c.Loss))
	}
	if c.Queue != 0 {
		parts = append(parts, "queue="+queueText(c.Queue))
	}
	return strings.Join(parts, ",")
}

// queueLimit is Queue with its default, in bytes.
func (c Config) queueLimit() float64 {
	if c.Queue != 0 {
		return float64(c.Queue)
	}
	return math.Max(c.RTT.Seconds()*c.Rate/8, MinQueue)
}

// rateText gives a rate in the largest unit that loses nothing.
func rateText(rate float64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"tbit", 1e12}, {"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}} {
		if n := rate / u.size; n >= 1 && n*u.size == rate {
			return decimal(n) + u.name
		}
	}
	return decimal(rate) + "bit"
}

// queueText gives bytes in the largest unit that leaves no fraction.
func queueText(n int64) string {
	for _, u := range []struct {
		name string
		bits uint
	}{{"g", 30}, {"m", 20}, {"k", 10}} {
		if n>>u.bits > 0 && n>>u.bits<<u.bits == n {
			return strconv.FormatInt(n>>u.bits, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// decimal has no exponent, which Parse would not read.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
