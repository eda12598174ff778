package report

import (
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"mscp/internal/benchmark/result"
	"mscp/internal/units"
)

// A bar's three parts, from its left end: to the slowest run, on to the median, on to the fastest.
type ink struct{ solid, middle, light string }

func (o Options) ink() ink {
	if o.ASCII {
		return ink{"#", "=", "-"}
	}
	return ink{"█", "▓", "░"}
}

// fewestCells is the narrowest bar.
const fewestCells = 10

// Chart writes a bar for each case, grouped by question, the best first. The longest is as long as the width allows. Where the
// work is small, and so seconds are shown, a bar is as long as that case's copies per second are many: longer is better in every group.
// Before them come the warnings; what else there is to say (errors, skipped tools, advice) is the [Table]'s, which the chart may follow: it
// begins with an empty line.
func Chart(w io.Writer, f *result.File, opt Options) error {
	p := &page{width: opt.width()}
	for i, l := range Warnings(f) {
		if opt.Follows {
			break
		}
		if i == 0 {
			p.line("")
		}
		p.text("warning: %s", l)
	}
	all := groups(f)
	for _, g := range all {
		p.line("")
		if opt.Follows {
			p.text("%s", capital(heading(g.Question, f.Path)))
		} else {
			p.groupHead(f, g)
		}
		p.bars(g, opt.ink())
	}
	if len(all) > 0 {
		k := opt.ink()
		p.line("")
		p.text("%s to the slowest run, %s to the median, %s to the fastest; longer is better; %s beyond the scale", k.solid, k.middle, k.light, beyondMark)
	}
	return p.to(w)
}

func (p *page) bars(g *group, k ink) {
	names, values := 0, 0
	for _, r := range g.rows {
		names = max(names, utf8.RuneCountInString(g.name(r)))
		values = max(values, utf8.RuneCountInString(g.value(r)))
	}
	best := 0.0
	for i, r := range g.rows {
		if _, _, fastest := g.span(i); !g.beyond(r) {
			best = max(best, fastest)
		}
	}
	cells := max(fewestCells, p.width-names-values-2*len(gap))
	for i, r := range g.rows {
		slow, mid, fast := g.span(i)
		if g.beyond(r) {
			p.line(pad(g.name(r), names) + gap + pad(pad("", cells-len(beyondMark))+beyondMark, cells) + gap + padLeft(g.value(r), values))
			continue
		}
		p.line(strings.TrimRight(pad(g.name(r), names)+gap+pad(bar(slow, mid, fast, best, cells, k), cells)+gap+padLeft(g.value(r), values), " "))
	}
}

// beyondMark stands where a bar would not fit.
const beyondMark = ">>>"

func (g *group) name(r row) string { return clip(g.label(r), 40) }

// value is what stands behind a bar.
func (g *group) value(r row) string {
	if r.stats.N == 0 {
		return "no good run"
	}
	text := units.Bits(r.stats.Throughput.Median)
	if g.small() {
		text = digits(r.stats.Seconds.Median) + " s"
	}
	if g.base != "" {
		text += gap + padLeft(ratioCell(r), len("0.00x"))
	}
	return text
}

// span gives the speeds of the slowest run, the median and the fastest run of a case.
func (g *group) span(i int) (slow, mid, fast float64) {
	s := g.figure(g.rows[i])
	if !g.small() {
		return s.Min, s.Median, s.Max
	}
	return inverse(s.Max), inverse(s.Median), inverse(s.Min)
}

func inverse(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return 1 / v
}

func bar(slow, mid, fast, best float64, cells int, k ink) string {
	at := func(v float64) int {
		if best <= 0 {
			return 0
		}
		return min(cells, int(math.Round(v/best*float64(cells))))
	}
	if fast > 0 && at(fast) == 0 {
		return k.light // slower than a cell, but not nothing
	}
	return strings.Repeat(k.solid, at(slow)) + strings.Repeat(k.middle, at(mid)-at(slow)) + strings.Repeat(k.light, at(fast)-at(mid))
}
