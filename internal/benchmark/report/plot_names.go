package report

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Widths between the data and a line's name, in points.
const (
	leaderWidth = 20
	sampleWidth = 24
)

// names writes the lines' names to the right of the data, each as near to its line's end as the others allow, with a sample of the line
// and a thin leader to it.
func (k *chartOf) names(c, data draw.Canvas, all []*series) {
	slices.SortStableFunc(all, func(a, b *series) int { return cmp.Compare(b.end.Y, a.end.Y) })
	wanted := make([]vg.Length, 0, len(all))
	for _, s := range all {
		wanted = append(wanted, s.end.Y)
	}
	at := apart(wanted, data.Min.Y, data.Max.Y, labelPitch)
	text := labelText()
	text.YAlign = middleOfSmall
	for i, s := range all {
		st := k.styles[s.style]
		border, from := data.Max.X, data.Max.X+leaderWidth
		thin := st.solid(0.5)
		thin.Dashes = []vg.Length{1, 1.5}
		c.StrokeLines(thin, []vg.Point{s.end, {X: border, Y: s.end.Y}, {X: from - 2, Y: at[i]}})
		sample := st.solid(1.5)
		if s.across {
			sample = st.dashed(1.1)
		}
		c.StrokeLine2(sample, from, at[i], from+sampleWidth-4, at[i])
		if !s.across {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: st.color, Radius: vg.Points(2.6), Shape: st.glyph},
				vg.Point{X: from + sampleWidth/2 - 2, Y: at[i]})
		}
		c.FillText(text, vg.Point{X: from + sampleWidth, Y: at[i]}, k.text(s))
	}
}

// apart moves places, given from the highest to the lowest, until neighbours are at least pitch apart and, if there is room for
// all, none is below low or above high.
func apart(places []vg.Length, low, high, pitch vg.Length) []vg.Length {
	at := slices.Clone(places)
	for i := range at {
		if limit := high; i == 0 {
			at[i] = min(at[i], limit)
		} else {
			at[i] = min(at[i], at[i-1]-pitch)
		}
	}
	for i := len(at) - 1; i >= 0; i-- {
		if i == len(at)-1 {
			at[i] = max(at[i], low)
		} else {
			at[i] = max(at[i], at[i+1]+pitch)
		}
	}
	return at
}
