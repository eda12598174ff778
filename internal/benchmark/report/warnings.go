package report

import (
	"fmt"
	"strings"

	"mscp/internal/benchmark/result"
)

// What makes a figure doubtful.
const (
	enoughRuns = 3   // fewer do not show how far runs lie apart
	wideSpread = 0.2 // (max-min)/median
)

// Warnings says what is doubtful about a file's figures, one line each: an interruption, failed runs, cases with fewer than three good
// runs, cases whose runs lie more than 20 % apart. All outputs show them. No warnings is an empty list, not nil.
func Warnings(f *result.File) []string {
	lines := []string{}
	if f.Interrupted {
		lines = append(lines, "interrupted: the figures are those of the runs up to then")
	}
	all := groups(f)
	if len(all) == 0 {
		return append(lines, "nothing was measured")
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
	return append(lines, doubts(f, all, "spread over 20%", func(g *group, r row) string {
		if s := g.figure(r).Spread(); s > wideSpread {
			return percent(s)
		}
		return ""
	})...)
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
