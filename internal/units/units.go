// Package units writes amounts for people: bytes in powers of 1024 (IEC 80000-13: KiB), bits per second in powers of 1000
// (SI: kbit/s), each with three digits. What the log, the summary and the benchmark show of one amount is then the same text.
package units

import (
	"fmt"
	"strconv"
	"time"
)

// Bytes gives n bytes with three digits in IEC units (IEC 80000-13): "1023 B", "1.25 KiB", "12.5 GiB".
func Bytes(n int64) string {
	s := byteScale(n)
	return s.digits(float64(n)) + " " + s.unit
}

// Bits gives a rate in bit/s with three digits in SI units: "999 bit/s", "1.25 kbit/s", "12.5 Gbit/s".
func Bits(bitsPerSecond float64) string {
	s := scaleOf(bitsPerSecond, 1000, "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
	return s.digits(bitsPerSecond) + " " + s.unit
}

// Duration gives "7.31 s" below a minute, from there on "1:02", "1:02:03" or "2d03:04:05".
func Duration(d time.Duration) string {
	if d < 59995*time.Millisecond { // what does not round to 60.00
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return Clock(d)
}

// Clock gives d in whole seconds: "0:07", "1:02:03", "2d03:04:05".
func Clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	day, hour, minute := s/86400, s/3600%24, s/60%60
	switch s %= 60; {
	case day > 0:
		return fmt.Sprintf("%dd%02d:%02d:%02d", day, hour, minute, s)
	case hour > 0:
		return fmt.Sprintf("%d:%02d:%02d", hour, minute, s)
	}
	return fmt.Sprintf("%d:%02d", minute, s)
}

// scale is a unit and how many of the base unit it is.
type scale struct {
	unit string
	size float64
}

func byteScale(n int64) scale {
	return scaleOf(float64(n), 1024, "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
}

// scaleOf picks the largest unit of which v, rounded to whole ones of the unit before, is at least one: 1023.6 KiB
// is shown as 1.00 MiB, not as 1024 KiB.
func scaleOf(v, step float64, units ...string) scale {
	s := scale{units[0], 1}
	for _, unit := range units[1:] {
		if v/s.size < step-0.5 {
			break
		}
		s = scale{unit, s.size * step}
	}
	return s
}

// digits gives v in the scale's unit with three digits. The base unit has no fractions.
func (s scale) digits(v float64) string {
	v /= s.size
	decimals := 0
	if s.size > 1 {
		decimals = s.decimals(v)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func (scale) decimals(v float64) int {
	switch {
	case v < 9.995:
		return 2
	case v < 99.95:
		return 1
	}
	return 0
}

// Ratio gives two amounts in the unit and with the decimals of the second: "0.3/12.5", "GiB".
func Ratio(done, known int64) (digits, unit string) {
	known = max(done, known)
	s := byteScale(known)
	total := s.digits(float64(known))
	decimals := 0
	if s.size > 1 {
		decimals = s.decimals(float64(known) / s.size)
	}
	return strconv.FormatFloat(float64(done)/s.size, 'f', decimals, 64) + "/" + total, s.unit
}
