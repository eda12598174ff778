package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"mscp/internal/benchmark/result"
)

// byPlace are the rows as they are in the file.
func (g *group) byPlace() []row {
	rows := slices.Clone(g.rows)
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	return rows
}

// isLine reports whether the row is a point of a line: mscp, with a number of connections.
func (g *group) isLine(r row) bool { return r.Tool == result.Mscp && r.Connections > 0 }

// byConnections reports whether there are at least two numbers of connections to draw lines between.
func (g *group) byConnections() bool {
	first := 0
	for _, r := range g.rows {
		if !g.isLine(r) || r.stats.N == 0 {
			continue
		}
		if first > 0 && r.Connections != first {
			return true
		}
		first = r.Connections
	}
	return false
}

// series is one line: mscp's, or one across.
type series struct {
	name   string
	style  string
	rows   []row // by connections; of a line across, one
	across bool
	end    vg.Point // where it meets the right border of the data
}

// series without those that have nothing to show.
func (g *group) series() (all []*series) {
	byName := map[string]*series{}
	for _, r := range g.byPlace() {
		name := g.line(r)
		switch {
		case r.stats.N == 0:
		case !g.isLine(r):
			all = append(all, &series{name: g.label(r), style: name, rows: []row{r}, across: true})
		case byName[name] == nil:
			byName[name] = &series{name: name, style: name, rows: []row{r}}
			all = append(all, byName[name])
		default:
			byName[name].rows = append(byName[name].rows, r)
		}
	}
	for _, s := range all {
		slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(a.Connections, b.Connections) })
	}
	return all
}

// chartOf is a panel with lines while it is drawn.
type chartOf struct {
	*group
	plot   *plot.Plot
	styles styles
	unit   unit
	left   float64 // log2 of the least number of connections, and of the greatest
	right  float64
	slot   float64 // between the error bars of lines across, which stand beyond right
	slots  int
}

func (g *group) drawLines(c draw.Canvas, st styles) {
	all := g.series()
	top := 0.0
	k := &chartOf{group: g, plot: axes(), styles: st, left: math.Inf(1), right: math.Inf(-1)}
	for _, s := range all {
		for _, r := range s.rows {
			top = max(top, g.figure(r).Max)
			if !s.across {
				k.left, k.right = min(k.left, log2(r)), max(k.right, log2(r))
			}
		}
	}
	k.unit = g.unitOf(top)
	k.setAxes(all, top/k.unit.size)
	for _, s := range all {
		if s.across {
			k.across(s)
		}
	}
	for _, s := range all { // ours on top
		if !s.across {
			k.line(s)
		}
	}
	k.finish(c, all)
}

func log2(r row) float64 { return math.Log2(float64(r.Connections)) }

func (k *chartOf) setAxes(all []*series, top float64) {
	p := k.plot
	beyond := 0
	for _, s := range all {
		if s.across {
			beyond++
		}
	}
	span := k.right - k.left
	k.slot = span * min(0.025, 0.25/float64(max(1, beyond)))
	p.X.Min, p.X.Max = k.left-0.04*span, k.right+0.04*span+float64(beyond)*k.slot
	p.X.Label.Text, p.Y.Label.Text = "connections", k.unit.name
	p.X.Tick.Marker = connectionTicks(all, span)
	ticks := ticksTo(top)
	p.Y.Min, p.Y.Max = 0, ticks[len(ticks)-1].Value
	p.Y.Tick.Marker = ticks
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal = nil, grid()
	p.Add(lines)
	p.Y.Min, p.Y.Max = 0, ticks[len(ticks)-1].Value
}

// connectionTicks stand at the numbers that were measured; where they are too close for their labels, some have none.
func connectionTicks(all []*series, span float64) (ticks plot.ConstantTicks) {
	seen := map[int]float64{}
	for _, s := range all {
		if !s.across {
			for _, r := range s.rows {
				seen[r.Connections] = log2(r)
			}
		}
	}
	numbers := []int{}
	for n := range seen {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	last := math.Inf(-1)
	for _, n := range numbers {
		t := plot.Tick{Value: seen[n]}
		if t.Value-last >= 0.055*span {
			t.Label, last = strconv.Itoa(n), t.Value
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// line draws mscp's medians by connections.
func (k *chartOf) line(s *series) {
	st := k.styles[s.style]
	var points plotter.XYs
	for _, r := range s.rows {
		f := k.figure(r)
		points = append(points, plotter.XY{X: log2(r), Y: f.Median / k.unit.size})
		k.errors(log2(r), f, st)
	}
	k.add(&plotter.Line{XYs: points, LineStyle: st.solid(1.5)},
		&plotter.Scatter{XYs: points, GlyphStyle: draw.GlyphStyle{Color: st.color, Radius: vg.Points(2.6), Shape: st.glyph}})
	last := points[len(points)-1]
	s.end = vg.Point{X: vg.Length(last.X), Y: vg.Length(last.Y)}
}

// across draws what has no number of connections.
func (k *chartOf) across(s *series) {
	st := k.styles[s.style]
	f := k.figure(s.rows[0])
	y := f.Median / k.unit.size
	k.add(&plotter.Line{XYs: plotter.XYs{{X: k.plot.X.Min, Y: y}, {X: k.plot.X.Max, Y: y}}, LineStyle: st.dashed(1.1)})
	k.slots++
	k.errors(k.plot.X.Max-k.slot*(float64(k.slots)-0.5), f, st)
	s.end = vg.Point{X: vg.Length(k.plot.X.Max), Y: vg.Length(y)}
}

// errors draws the bar from the slowest run to the fastest.
func (k *chartOf) errors(x float64, f result.Summary, st style) {
	if f.Min == f.Max {
		return
	}
	y := f.Median / k.unit.size
	bar := &plotter.YErrorBars{
		XYs:       plotter.XYs{{X: x, Y: y}},
		YErrors:   plotter.YErrors{{Low: y - f.Min/k.unit.size, High: f.Max/k.unit.size - y}},
		LineStyle: st.solid(0.9), CapWidth: vg.Points(5),
	}
	k.add(bar)
}

// add keeps the axes as they were set.
func (k *chartOf) add(all ...plot.Plotter) {
	x, y := k.plot.X, k.plot.Y
	k.plot.Add(all...)
	k.plot.X, k.plot.Y = x, y
}

// finish draws the plot with the names of its lines to the right.
func (k *chartOf) finish(c draw.Canvas, all []*series) {
	width := vg.Length(0)
	for _, s := range all {
		width = max(width, labelText().Width(k.text(s)))
	}
	width = min(width, panelWidth/2) + leaderWidth + sampleWidth + 4
	left := draw.Crop(c, 0, -width, 0, 0)
	k.plot.Draw(left)
	data := k.plot.DataCanvas(left)
	x, y := k.plot.Transforms(&data)
	for _, s := range all {
		s.end = vg.Point{X: x(float64(s.end.X)), Y: y(float64(s.end.Y))}
	}
	k.names(c, data, all)
}

// text is a line's name; of one across, with its value.
func (k *chartOf) text(s *series) string {
	name := clip(s.name, 40)
	if s.across {
		name += ": " + digits(k.figure(s.rows[0]).Median/k.unit.size)
	}
	return name
}
