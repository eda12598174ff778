package hostinfo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func bits(rate float64) string {
	return scaled(rate, 1000, " bit/s", " kbit/s", " Mbit/s", " Gbit/s", " Tbit/s")
}
func bytes(n float64) string { return scaled(n, 1024, " B", " KiB", " MiB", " GiB", " TiB") }

// scaled gives v with three digits at most, and no zeros at the end: "335 Mbit/s", "4 MiB", "1.5 Gbit/s".
func scaled(v, step float64, units ...string) string {
	i := 0
	for ; v >= step-0.5 && i < len(units)-1; i++ {
		v /= step
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(max(v, 1)))))
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s + units[i]
}

func (a advisor) rtt() string { return fmt.Sprintf("%.3g ms", a.path.RTT*1000) }

// third is the last of "min default max", as in tcp(7); 0: unknown.
func third(s string) float64 {
	f := strings.Fields(s)
	if len(f) != 3 {
		return 0
	}
	return float64(number(f[2]))
}

func powerOfTwo(v float64) float64 { return math.Exp2(math.Ceil(math.Log2(v))) }

// divide rounds up.
func divide(a, b int) int { return (a + b - 1) / b }
