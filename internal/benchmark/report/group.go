package report

import (
	"cmp"
	"slices"

	"mscp/internal/benchmark/result"
)

// A copy's time is that of its round trips, and throughput says little, where all of it or each of its files is smaller than this, in bytes.
const (
	smallWork = 1 << 20
	smallFile = 64 << 10
)

// group is what stands in one table, chart or panel: the cases of a question.
type group struct {
	result.Question
	rows []row  // best first, those without a good run last
	base string // what ratios are of; empty: there are none
	vary vary
}

// row is a case and what follows from its runs.
type row struct {
	result.Case
	stats result.Stats
	ratio float64 // 0: unknown
	at    int     // place in the file
}

func (g *group) small() bool {
	return g.Work.Bytes() < smallWork || g.Work.Files > 1 && g.Work.Size < smallFile
}

// figure is what the group is ranked by and drawn with: bit/s, or seconds where the work is small.
func (g *group) figure(r row) result.Summary {
	if g.small() {
		return r.stats.Seconds
	}
	return r.stats.Throughput
}

// speed grows with what is better.
func (g *group) speed(r row) float64 {
	v := g.figure(r).Median
	if g.small() && v > 0 {
		return 1 / v
	}
	return v
}

// beyond reports whether a row is the path alone and so far above everything else that drawing it to scale would leave nothing to see of that.
func (g *group) beyond(r row) bool {
	if r.Tool != result.TCP && r.Tool != result.SSH {
		return false
	}
	best := 0.0
	for _, other := range g.rows {
		if other.Tool != result.TCP && other.Tool != result.SSH {
			best = max(best, g.speed(other))
		}
	}
	return best > 0 && g.speed(r) > 2*best
}

// drawn are the rows that a picture shows, and named what else there is.
func (g *group) drawn() (shown *group, named string) {
	shown = &group{Question: g.Question, base: g.base, vary: g.vary}
	for _, r := range g.rows {
		if g.beyond(r) {
			named = join(named, g.label(r)+": "+g.value(r)+" (not drawn)")
		} else {
			shown.rows = append(shown.rows, r)
		}
	}
	return shown, named
}

// groups divides a file's cases by question, in the order in which these first came.
func groups(f *result.File) (all []*group) {
	var limits []row
	for i, c := range f.Cases {
		r := row{Case: c, stats: c.Stats(), at: i}
		if c.Tool == result.SSH {
			limits = append(limits, r)
			continue
		}
		all = put(all, c.Question, r)
	}
	for _, r := range limits {
		all = putLimit(all, r)
	}
	for _, g := range all {
		g.vary = varying(g.rows)
		g.compare()
		g.rank()
	}
	return all
}

func put(all []*group, q result.Question, r row) []*group {
	for _, g := range all {
		if g.Question == q {
			g.rows = append(g.rows, r)
			return all
		}
	}
	return append(all, &group{Question: q, rows: []row{r}})
}

// putLimit puts the SSH connections alone beside those whose limit they are.
func putLimit(all []*group, r row) []*group {
	found := false
	for _, g := range all {
		if g.Server == r.Server && g.Direction == r.Direction && g.Work == r.Work {
			g.rows = append(g.rows, r)
			found = true
		}
	}
	if found {
		return all
	}
	return put(all, r.Question, r)
}

func (g *group) rank() {
	slices.SortStableFunc(g.rows, func(a, b row) int { return cmp.Compare(g.speed(b), g.speed(a)) })
}

// base is a kind of case that ratios are of.
type base struct {
	name string
	is   func(result.Case) bool
}

// bases are the kinds, the best first.
func bases() []base {
	scp := func(settings string) func(result.Case) bool {
		return func(c result.Case) bool { return c.Tool == result.Scp && c.Settings == settings }
	}
	return []base{
		{"scp (" + result.SameCipher + ")", scp(result.SameCipher)},
		{"scp (" + result.Defaults + ")", scp(result.Defaults)},
		{"scp", func(c result.Case) bool { return c.Tool == result.Scp }},
		{"the single stream", func(c result.Case) bool { return c.Tool == result.Single }},
	}
}

// compare finds the ratios.
func (g *group) compare() {
	for _, b := range bases() {
		var of []row
		for _, r := range g.rows {
			if b.is(r.Case) && g.speed(r) > 0 {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		g.base = b.name
		for i, r := range g.rows {
			if o, ok := match(of, r); ok {
				g.rows[i].ratio = g.speed(r) / g.speed(o)
			}
		}
		return
	}
}

// match picks what r is compared with: a case of r's file and cipher. Where one of the two was left to choose its cipher, the first does.
func match(of []row, r row) (row, bool) {
	of = slices.DeleteFunc(slices.Clone(of), func(o row) bool { return o.From != r.From })
	for _, o := range of {
		if o.Cipher == r.Cipher {
			return o, true
		}
	}
	for _, o := range of {
		if o.Cipher == "" || r.Cipher == "" {
			return o, true
		}
	}
	return row{}, false
}
