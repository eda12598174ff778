package progress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mscp/internal/quote"
	"mscp/internal/transfer"
	"mscp/internal/units"
)

// prefix begins every line but the bar's: a job's log holds the lines of many programs.
const prefix = "mscp: "

// plainLine has all figures of a look, always in the same order, for log files.
func plainLine(s status) string {
	digits, unit := units.Ratio(s.bytes, s.bytesKnown)
	line := fmt.Sprintf("%sprogress: %s elapsed, %s, %s%s %s, %d/%d%s files, %s, ETA %s, %s", prefix,
		units.Clock(s.elapsed), strings.TrimSpace(percentText(s)), digits, s.mark(), unit,
		s.files, max(s.files, s.filesKnown), s.mark(), speed(s.rate), etaText(s), plural(s.conns, "connection"))
	if s.verified > 0 {
		line += ", " + units.Bytes(s.verified) + " verified"
	}
	return line
}

// failedLine does not name the path twice where the error names it.
func failedLine(path string, err error) string {
	text := err.Error()
	if strings.Contains(text, quote.Name(path)) {
		return prefix + "failed: " + quote.Text(text)
	}
	return prefix + "failed: " + quote.Name(path) + ": " + quote.Text(text)
}

// summaryLine says how a copy ended, in one line.
func summaryLine(s transfer.Summary, to Landing, err error) string {
	var b strings.Builder
	b.WriteString(prefix + ending(err) + plural(s.Files, "file"))
	if s.Dirs > 0 {
		b.WriteString(", " + plural(s.Dirs, "directory"))
	}
	b.WriteString(", " + units.Bytes(s.Bytes) + to.text() + " in " + units.Duration(s.Elapsed))
	if rate := average(s.Bytes, s.Elapsed); rate > 0 {
		b.WriteString(", " + speed(rate))
	}
	b.WriteString(", " + plural(s.Conns, "connection"))
	if s.Unchanged > 0 {
		b.WriteString(", " + plural(s.Unchanged, "file") + " unchanged")
	}
	if s.Kept > 0 {
		b.WriteString(", " + units.Bytes(s.Kept) + " already there")
	}
	if s.Verified > 0 {
		b.WriteString(", " + units.Bytes(s.Verified) + " verified")
	}
	if s.Skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", s.Skipped)
	}
	if s.Failed > 0 {
		fmt.Fprintf(&b, ", %d failed", s.Failed)
	}
	if s.Differing > 0 {
		fmt.Fprintf(&b, " (%d differ)", s.Differing)
	}
	return b.String()
}

func ending(err error) string {
	switch {
	case err == nil:
		return "copied "
	case interrupted(err):
		return "interrupted: copied "
	}
	return "stopped: copied "
}

func interrupted(err error) bool { return errors.Is(err, context.Canceled) }

// average is in byte/s; 0 where there was nothing to measure.
func average(bytes int64, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(bytes) / elapsed.Seconds()
}

// speed gives byte/s as "3.21 Gbit/s (383 MiB/s)".
func speed(bytesPerSecond float64) string {
	return units.Bits(8*bytesPerSecond) + " (" + units.Bytes(int64(bytesPerSecond)) + "/s)"
}

func plural(n int64, noun string) string {
	if n != 1 {
		noun = strings.TrimSuffix(noun, "y") + map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(noun, "y")]
	}
	return fmt.Sprintf("%d %s", n, noun)
}
