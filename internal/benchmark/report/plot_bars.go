package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawBars draws a bar for each case, the best at the top, its name to the left and its value to the right.
func (g *group) drawBars(c draw.Canvas, st styles) {
	top := 0.0
	for _, r := range g.rows {
		top = max(top, g.figure(r).Max)
	}
	k := &chartOf{group: g, plot: axes(), styles: st, unit: g.unitOf(top)}
	k.setBarAxes(top / k.unit.size)
	for i, r := range g.rows {
		k.bar(float64(len(g.rows)-1-i), r)
	}
	k.plot.Draw(c)
}

func (k *chartOf) setBarAxes(top float64) {
	p := k.plot
	ticks := ticksTo(top)
	p.X.Label.Text = k.unit.name
	p.X.Tick.Marker = ticks
	var names plot.ConstantTicks
	for i, r := range k.rows {
		names = append(names, plot.Tick{Value: float64(len(k.rows) - 1 - i), Label: k.name(r)})
	}
	p.Y.Tick.Marker = names
	p.Y.Tick.Length = 0
	p.Y.Tick.Label.YAlign = -0.62 // the axis itself moves it up
	lines := plotter.NewGrid()
	lines.Horizontal.Color, lines.Vertical = nil, grid()
	p.Add(lines)
	// A fifth more than the ticks leaves room for the values behind the longest bars.
	p.X.Min, p.X.Max = 0, 1.2*max(top, ticks[len(ticks)-2].Value)
	p.Y.Min, p.Y.Max = -0.6, float64(len(k.rows))-0.4
}

func (k *chartOf) bar(y float64, r row) {
	st := k.styles[k.group.line(r)]
	f := k.figure(r)
	mid, end, value := f.Median/k.unit.size, f.Max/k.unit.size, "no good run"
	if r.stats.N > 0 {
		value = digits(mid)
		k.add(&plotter.BarChart{Values: plotter.Values{mid}, XMin: y, Horizontal: true, Width: 0.62 * barPitch, Color: st.color})
	}
	if f.Min < f.Max {
		k.barErrors(y, mid, plotter.XErrors{{Low: mid - f.Min/k.unit.size, High: end - mid}})
	}
	label := labelText()
	label.YAlign = middleOfSmall
	k.add(&plotter.Labels{
		XYs: plotter.XYs{{X: end, Y: y}}, Labels: []string{value}, TextStyle: []text.Style{label}, Offset: vg.Point{X: 5},
	})
}

// barErrors go from the slowest run to the fastest, in black with a white border: they lie half on the bar.
func (k *chartOf) barErrors(y, mid float64, e plotter.XErrors) {
	for _, l := range []draw.LineStyle{{Color: white(), Width: vg.Points(2.2)}, {Color: black(), Width: vg.Points(0.9)}} {
		k.add(&plotter.XErrorBars{XYs: plotter.XYs{{X: mid, Y: y}}, XErrors: e, LineStyle: l, CapWidth: vg.Points(5)})
	}
}
