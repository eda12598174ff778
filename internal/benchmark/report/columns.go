package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mscp/internal/benchmark/result"
	"mscp/internal/units"
)

// none stands where nothing is known.
const none = "-"

// column is one of a table: a title and what it shows of a case.
type column struct {
	title string
	cell  func(row) string
}

// keys name a case; every block of a table begins with them.
func (g *group) keys() []column {
	tool := column{"tool", func(r row) string { return clip(clean(r.Tool), 16) }}
	settings := column{"settings", func(r row) string { return clip(g.vary.settings(r.Case), 36) }}
	if slices.ContainsFunc(g.rows, func(r row) bool { return settings.cell(r) != "" }) {
		return []column{tool, settings}
	}
	return []column{tool}
}

// figures are the columns of a group, less those in which nothing is known.
func (g *group) figures() []column {
	all := []column{{"runs", runsCell}}
	if g.small() {
		all = append(all, secondsColumns()...)
	} else {
		all = append(all, throughputColumns()...)
	}
	if g.Work.Files > 1 {
		all = append(all, column{"files/s", filesCell})
	}
	if g.base != "" {
		all = append(all, column{"ratio", ratioCell})
	}
	all = append(all, g.costColumns()...)
	return slices.DeleteFunc(all, func(c column) bool {
		return !slices.ContainsFunc(g.rows, func(r row) bool { return c.cell(r) != none })
	})
}

func throughputColumns() []column {
	bits := func(v func(result.Summary) float64) func(row) string {
		return good(func(r row) string { return units.Bits(v(r.stats.Throughput)) })
	}
	return []column{
		{"median", bits(middle)}, {"min", bits(least)}, {"max", bits(most)},
		{"seconds", good(func(r row) string { return digits(r.stats.Seconds.Median) })},
	}
}

func secondsColumns() []column {
	seconds := func(v func(result.Summary) float64) func(row) string {
		return good(func(r row) string { return digits(v(r.stats.Seconds)) + " s" })
	}
	return []column{{"median", seconds(middle)}, {"min", seconds(least)}, {"max", seconds(most)}}
}

// costColumns show what the client paid, and what was seen of its connections. Of runs that differ they show the median; of the memory,
// the most; of the connections, all numbers.
func (g *group) costColumns() []column {
	return []column{
		{"CPU s", cpuCell},
		{"per CPU s", positive(g.perCPU, func(v float64) string { return units.Bytes(int64(v)) })},
		{"memory", positive(peakRSS, func(v float64) string { return units.Bytes(int64(v)) })},
		{"conns", connectionsCell},
		{"retrans", retransmitsCell},
		{"RTT", positive(rtt, milliseconds)},
	}
}

func middle(s result.Summary) float64 { return s.Median }
func least(s result.Summary) float64  { return s.Min }
func most(s result.Summary) float64   { return s.Max }

// good shows none for a case without good runs.
func good(cell func(row) string) func(row) string {
	return func(r row) string {
		if r.stats.N == 0 {
			return none
		}
		return cell(r)
	}
}

// positive shows none for what is 0, which means not seen.
func positive(figure func(row) float64, text func(float64) string) func(row) string {
	return good(func(r row) string {
		if v := figure(r); v > 0 {
			return text(v)
		}
		return none
	})
}

func runsCell(r row) string {
	n := strconv.Itoa(r.stats.N)
	if r.stats.Failed > 0 {
		return n + " of " + strconv.Itoa(len(r.Samples))
	}
	return n
}

func ratioCell(r row) string {
	if r.ratio == 0 {
		return none
	}
	return times(r.ratio)
}

func filesCell(r row) string {
	return good(func(r row) string {
		return digits(result.Summarize(r.Good(), func(s result.Sample) float64 {
			if s.Seconds <= 0 {
				return 0
			}
			return float64(s.Files) / s.Seconds
		}).Median)
	})(r)
}

// perCPU is how many bytes a second of the client's CPU time carries; of small work, which hardly carries any, it is not known.
func (g *group) perCPU(r row) float64 {
	if g.small() {
		return 0
	}
	return result.Summarize(r.Good(), func(s result.Sample) float64 {
		if s.CPU() <= 0 {
			return 0
		}
		return float64(s.Bytes) / s.CPU()
	}).Median
}

func peakRSS(r row) float64 {
	return result.Summarize(r.Good(), func(s result.Sample) float64 { return float64(s.PeakRSS) }).Max
}

// rtt leaves out the runs in which none was seen.
func rtt(r row) float64 {
	seen := slices.DeleteFunc(r.Good(), func(s result.Sample) bool { return s.RTT == 0 })
	return result.Summarize(seen, func(s result.Sample) float64 { return s.RTT }).Median
}

func connectionsCell(r row) string {
	s := result.Summarize(r.Good(), func(s result.Sample) float64 { return float64(s.Connections) })
	switch {
	case s.Max == 0:
		return none
	case s.Min == s.Max:
		return strconv.Itoa(int(s.Max))
	}
	return strconv.Itoa(int(s.Min)) + "-" + strconv.Itoa(int(s.Max))
}

// command reports whether a case ran one. TCP alone is measured by the process that measures: what it cost, and what its sockets went through, is
// not seen.
func command(c result.Case) bool { return c.Tool != result.TCP }

func cpuCell(r row) string {
	if !command(r.Case) || r.stats.N == 0 {
		return none
	}
	return digits(r.stats.CPU.Median)
}

// retransmitsCell knows that none were seen only where connections were.
func retransmitsCell(r row) string {
	s := result.Summarize(r.Good(), func(s result.Sample) float64 { return float64(s.Retransmits) })
	if !command(r.Case) || s.Max == 0 && connectionsCell(r) == none {
		return none
	}
	return strconv.FormatFloat(s.Median, 'f', 0, 64)
}

// blocks lays the group out in lines of at most width columns: where not all columns fit, the others follow in further blocks that
// begin with the keys again. The widest cell of each column says how wide it is.
func (g *group) blocks(width int) (lines []string) {
	keys, rest := g.keys(), g.figures()
	for first := true; len(rest) > 0; first = false {
		used := spread(g.rows, keys)
		n := 0
		for n < len(rest) && (n == 0 || used+g.wide(rest[n])+len(gap) <= width) {
			used += g.wide(rest[n]) + len(gap)
			n++
		}
		if !first {
			lines = append(lines, "")
		}
		lines = append(lines, g.block(keys, rest[:n])...)
		rest = rest[n:]
	}
	return lines
}

const gap = "  "

func (g *group) wide(c column) int { return wide(g.rows, c) }

func wide(rows []row, c column) int {
	w := utf8.RuneCountInString(c.title)
	for _, r := range rows {
		w = max(w, utf8.RuneCountInString(c.cell(r)))
	}
	return w
}

func spread(rows []row, columns []column) (used int) {
	for i, c := range columns {
		if i > 0 {
			used += len(gap)
		}
		used += wide(rows, c)
	}
	return used
}

// block is a title line and a line for each case: keys to the left, figures to the right.
func (g *group) block(keys, figures []column) (lines []string) {
	line := func(text func(column) string) string {
		var cells []string
		for _, c := range keys {
			cells = append(cells, pad(text(c), g.wide(c)))
		}
		for _, c := range figures {
			cells = append(cells, padLeft(text(c), g.wide(c)))
		}
		return strings.TrimRight(strings.Join(cells, gap), " ")
	}
	lines = append(lines, line(func(c column) string { return c.title }))
	for _, r := range g.rows {
		lines = append(lines, line(func(c column) string { return c.cell(r) }))
	}
	return lines
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}

// clip shortens what would leave no room for figures.
func clip(text string, width int) string {
	r := []rune(text)
	if len(r) <= width {
		return text
	}
	return string(r[:width-2]) + ".."
}
