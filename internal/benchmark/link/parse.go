package link

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Parse reads "rtt=100ms,rate=1gbit,loss=0.02%,queue=12m", in any order. Only rtt must be there. Its unit is that of
// [time.ParseDuration]; rate is in bit/s, with k, m, g or t for powers of 1000, and with or without "bit" or "bit/s"; loss is a probability or a
// percentage; queue is in bytes, with k, m or g for powers of 1024. Upper and lower case are the same.
// An error is a *ParseError.
func Parse(text string) (Config, error) {
	var c Config
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		key, value, found := strings.Cut(strings.ToLower(part), "=")
		if !found {
			return Config{}, &ParseError{part, "want rtt=100ms,rate=1gbit,loss=0.02%,queue=12m"}
		}
		if seen[key] {
			return Config{}, &ParseError{part, key + " is there twice"}
		}
		seen[key] = true
		if reason := c.set(key, value); reason != "" {
			return Config{}, &ParseError{part, reason}
		}
	}
	if !seen["rtt"] {
		return Config{}, &ParseError{text, "has no rtt"}
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// set reads one part. It returns what is wrong with it.
func (c *Config) set(key, value string) (reason string) {
	ok := true
	switch key {
	case "rtt":
		var err error
		c.RTT, err = time.ParseDuration(value)
		ok, reason = err == nil, "want a duration with its unit, as 100ms"
	case "rate":
		c.Rate, ok = parseRate(value)
		reason = "want bit/s, as 500mbit or 10g"
	case "loss":
		c.Loss, ok = parseLoss(value)
		reason = "want a probability, as 0.0002 or 0.02%"
	case "queue":
		c.Queue, ok = parseQueue(value)
		reason = "want bytes, as 1500000 or 12m"
	default:
		return fmt.Sprintf("no %q among rtt, rate, loss, queue", key)
	}
	if ok {
		return ""
	}
	return reason
}

func parseRate(s string) (float64, bool) {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "/s"), "bit")
	s, exp := unit(s, "kmgt")
	f, ok := number(s)
	return f * math.Pow10(3*exp), ok
}

func parseLoss(s string) (float64, bool) {
	s, percent := strings.CutSuffix(s, "%")
	f, ok := number(s)
	if percent {
		f /= 100
	}
	return f, ok
}

func parseQueue(s string) (int64, bool) {
	s, exp := unit(s, "kmg")
	f, ok := number(s)
	f *= float64(int64(1) << (10 * exp))
	// Float64 holds all whole numbers up to here, so String can give back what was read.
	return int64(f), ok && f <= 1<<53 && f == math.Trunc(f)
}

// unit cuts one of units off s. exp is its number in units from 1, or 0 where there is none.
func unit(s, units string) (rest string, exp int) {
	if s == "" {
		return s, 0
	}
	if i := strings.IndexByte(units, s[len(s)-1]); i >= 0 {
		return s[:len(s)-1], i + 1
	}
	return s, 0
}

// number reads digits with at most one point: no sign, exponent, "inf" or "0x".
func number(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
