package progress

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"

	"mscp/internal/units"
)

// A bar of fewer cells says nothing, one of more nothing more.
const (
	fewestCells = 4
	mostCells   = 40
)

// part is a figure on the bar's line. Where the line is too long the part of the highest rank goes first.
type part struct {
	text string
	rank int
}

// barLine is the line of a terminal of the given width. It is ASCII and leaves the last column free: a
// terminal that has something in its last column may wrap.
func barLine(s status, width int) string {
	room := max(0, width-1)
	parts := []part{
		{percentText(s), 0}, {bytesPart(s), 3}, {filesPart(s), 4}, {ratePart(s.rate), 2},
		{fmt.Sprintf("%9s", compact(units.Bytes(int64(s.rate)))+"/s"), 5}, {timePart(s), 1}, {connsPart(s), 6},
	}
	for len(join(parts)) > room && len(parts) > 1 {
		parts = dropLast(parts)
	}
	if cells := min(room-len(join(parts))-len(" []"), mostCells); cells >= fewestCells && s.percent() != unknown {
		parts[0].text = gauge(s.percent(), cells)
	}
	line := join(parts)
	return line[:min(len(line), room)]
}

// gauge draws "  45% [====>     ]" with the given number of cells.
func gauge(percent, cells int) string {
	bar := progressbar.NewOptions64(100,
		progressbar.OptionSetWriter(io.Discard), // it is asked for its text instead
		progressbar.OptionSetWidth(cells),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
	)
	if percent == 0 { // Set64 draws nothing for no progress
		_ = bar.RenderBlank()
	} else {
		_ = bar.Set64(int64(percent)) // fails only above the maximum
	}
	text := strings.Trim(bar.String(), "\r ")
	return strings.Repeat(" ", max(0, len("100%")-strings.Index(text, "%")-1)) + text
}

func percentText(s status) string {
	if s.percent() == unknown {
		return " --%"
	}
	return fmt.Sprintf("%3d%%", s.percent())
}

func bytesPart(s status) string {
	digits, unit := units.Ratio(s.bytes, s.bytesKnown)
	return digits + unit + s.mark()
}

func filesPart(s status) string {
	known := strconv.FormatInt(max(s.files, s.filesKnown), 10)
	return fmt.Sprintf("%*d/%s%s files", len(known), s.files, known, s.mark())
}

func ratePart(bytesPerSecond float64) string {
	return fmt.Sprintf("%10s", compact(units.Bits(8*bytesPerSecond)))
}

func timePart(s status) string {
	if s.ended {
		return "in " + compact(units.Duration(s.elapsed))
	}
	if s.verifying() {
		return fmt.Sprintf("verified %d%%", 100*s.verified/s.bytes)
	}
	return "ETA " + etaText(s)
}

func etaText(s status) string {
	if s.eta() == unknown {
		return "--:--"
	}
	return units.Clock(s.eta())
}

func connsPart(s status) string {
	if s.ended {
		return ""
	}
	return fmt.Sprintf("%d conn", s.conns)
}

// mark stands after totals that may still grow.
func (s status) mark() string {
	if s.walked {
		return ""
	}
	return "+"
}

// compact takes the space between a number and its unit: on the bar's line spaces stand between figures.
func compact(quantity string) string {
	return strings.Replace(quantity, " ", "", 1)
}

func dropLast(parts []part) []part {
	last := 0
	for i, p := range parts {
		if p.rank > parts[last].rank {
			last = i
		}
	}
	return append(parts[:last], parts[last+1:]...)
}

func join(parts []part) string {
	var texts []string
	for _, p := range parts {
		if p.text != "" {
			texts = append(texts, p.text)
		}
	}
	return strings.Join(texts, " ")
}
