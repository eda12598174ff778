package report

import (
	"fmt"
	"slices"
	"strings"

	"mscp/internal/benchmark/result"
)

// What makes a figure doubtful.
const (
	enoughRuns = 3   // fewer do not show how far runs lie apart
	wideSpread = 0.2 // (max-min)/median
)

// Warnings says what is doubtful about a file's figures, one line each: an interruption, an emulated path that the machine could not keep
// up with, a server's disk, failed runs, cases with fewer than three good runs, cases whose runs lie more than 20 % apart, cases with
// fewer connections than they stand for. All outputs show them. No warnings is an empty list, not nil.
func Warnings(f *result.File) []string {
	lines := []string{}
	if f.Interrupted {
		lines = append(lines, "interrupted: the figures are from the runs before that")
	}
	all := groups(f)
	if len(all) == 0 {
		return append(lines, "nothing was measured")
	}
	if n := f.Path.Overrun; n > 0 {
		lines = append(lines, fmt.Sprintf("this machine was too slow for the emulated path, which lost %d writes of up to 64 KiB that a real one would have carried", n))
	}
	if slices.ContainsFunc(all, func(g *group) bool { return f.Path.Kind == result.Network && g.diskThere() }) {
		lines = append(lines, "the server's disk: written data may not be on the device yet, and read data may come from the page cache")
	}
	lines = append(lines, doubts(f, all, "failed runs", func(_ *group, r row) string {
		if r.stats.Failed == 0 {
			return ""
		}
		return fmt.Sprintf("%d of %d", r.stats.Failed, len(r.Samples))
	})...)
	lines = append(lines, doubts(f, all, "fewer than three good runs", func(_ *group, r row) string {
		if r.stats.N >= enoughRuns {
			return ""
		}
		return fmt.Sprint(r.stats.N)
	})...)
	lines = append(lines, doubts(f, all, "spread over 20%", func(g *group, r row) string {
		if s := g.figure(r).Spread(); s > wideSpread {
			return percent(s)
		}
		return ""
	})...)
	return append(lines, doubts(f, all, "fewer connections used than asked for", missing)...)
}

// diskThere reports whether the server's end is meant to be a disk. Only on this machine can a benchmark see to that.
func (g *group) diskThere() bool {
	if g.Direction == result.Up {
		return g.Sink == result.Disk
	}
	return g.Source == result.Disk
}

// missing says how many connections a case had if it never had as many as it stands for: mostly as its data make too few chunks. Small
// work never has more than one. Where connections were not seen, each has at least one channel.
func missing(g *group, r row) string {
	if r.Tool != result.Mscp || g.small() {
		return ""
	}
	used := int(result.Summarize(r.Good(), func(s result.Sample) float64 {
		if s.Connections > 0 {
			return float64(s.Connections)
		}
		return float64(s.Channels)
	}).Max)
	if used == 0 || used >= r.Connections {
		return ""
	}
	return fmt.Sprint(used)
}

// doubts is a line for each group where say has something to say of a case; one for all where it says the same of every case.
func doubts(f *result.File, all []*group, what string, say func(*group, row) string) (lines []string) {
	said := map[string]int{}
	total := 0
	for _, g := range all {
		var cases []string
		for _, r := range g.rows {
			text := say(g, r)
			said[text]++
			total++
			if text != "" {
				cases = append(cases, fmt.Sprintf("%s (%s)", g.label(r), text))
			}
		}
		if len(cases) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s%s", what, where(f, all, g), strings.Join(cases, "; ")))
		}
	}
	for text, n := range said {
		if n == total && n > 1 && text != "" {
			return []string{fmt.Sprintf("%s: every case (%s)", what, text)}
		}
	}
	return lines
}

// where names the group, if there are several.
func where(f *result.File, all []*group, g *group) string {
	if len(all) == 1 {
		return ""
	}
	short := work(g.Work) + ", " + string(g.Direction)
	for _, o := range all {
		if o != g && o.Work == g.Work && o.Direction == g.Direction {
			return heading(g.Question, f.Path) + ": "
		}
	}
	return short + ": "
}
