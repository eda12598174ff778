package units

import (
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a time as people write it: a number is seconds, "1h30m", "90 sec", "2 days", "1.5min". It is false for what is no time,
// or a negative one.
func ParseDuration(text string) (d time.Duration, ok bool) {
	rest := strings.ToLower(strings.TrimSpace(text))
	if seconds, err := strconv.ParseFloat(rest, 64); err == nil {
		return duration(seconds, time.Second)
	}
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		number, err := strconv.ParseFloat(rest[:digits], 64)
		rest = strings.TrimLeft(rest[digits:], " ")
		letters := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz\u00b5\u03bc"))
		unit, known := timeUnits()[rest[:letters]]
		rest = strings.TrimLeft(rest[letters:], " ")
		part, fits := duration(number, unit)
		if err != nil || !known || !fits || d+part < d {
			return 0, false
		}
		d += part
	}
	return d, strings.TrimSpace(text) != ""
}

func duration(number float64, unit time.Duration) (time.Duration, bool) {
	ns := number * float64(unit)
	return time.Duration(ns), ns >= 0 && ns < 1<<62
}

func timeUnits() map[string]time.Duration {
	all := make(map[string]time.Duration)
	for unit, names := range map[time.Duration]string{
		time.Nanosecond: "ns", time.Microsecond: "us \u00b5s \u03bcs", time.Millisecond: "ms msec",
		time.Second: "s sec secs second seconds", time.Minute: "m min mins minute minutes", time.Hour: "h hr hrs hour hours",
		24 * time.Hour: "d day days",
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = unit
		}
	}
	return all
}
