package report

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Distances between lines of text, in points.
const (
	titleLeading = 18
	headLeading  = 14
	smallLeading = 11.5
	labelPitch   = 12.5
)

// bold is WeightBold of golang.org/x/image/font.
const bold = 3

func sans(size float64) text.Style {
	return text.Style{
		Color:   color.Black,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)},
		Handler: plot.DefaultTextHandler,
	}
}

func boldSans(size float64) text.Style {
	s := sans(size)
	s.Font.Weight = bold
	return s
}

func titleText() text.Style { return boldSans(13) }
func headText() text.Style  { return boldSans(10.5) }
func axisText() text.Style  { return sans(9.5) }
func labelText() text.Style { return sans(9) }

func smallText() text.Style {
	s := sans(8.5)
	s.Color = color.Gray{Y: 64}
	return s
}

func warningText() text.Style {
	s := sans(8.5)
	s.Color = color.NRGBA{R: 0xa0, G: 0x30, A: 255}
	return s
}

// middleOfSmall aligns the middle of figures and small letters with a point.
const middleOfSmall = -0.42

func white() color.Color { return color.White }
func black() color.Color { return color.Black }

// below writes lines of text, the first one below y, and returns where the last one ends.
func below(c *draw.Canvas, s text.Style, x, y, leading vg.Length, lines []string) vg.Length {
	for _, l := range lines {
		y -= leading
		c.FillText(s, vg.Point{X: x, Y: y + leading/4}, l)
	}
	return y
}

// fit breaks text between words where it would be wider than room.
func fit(s text.Style, room vg.Length, words string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(words) {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if line != "" && s.Width(longer) > room {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// style is how one tool, or mscp with some settings, looks in all panels.
type style struct {
	color  color.Color
	dashes []vg.Length // of its line where that is not solid
	glyph  draw.GlyphDrawer
}

// styles are by the names of lines, see [group.line].
type styles map[string]style

// newStyles gives mscp's lines the first colours, so that they keep these whatever the peers are.
func newStyles(all []*group) styles {
	s := styles{}
	for _, ours := range []bool{true, false} {
		for _, g := range all {
			for _, r := range g.byPlace() {
				name := g.line(r)
				if _, known := s[name]; !known && g.isLine(r) == ours {
					s[name] = styleOf(len(s))
				}
			}
		}
	}
	return s
}

// styleOf the nth of all. The colours are those of Okabe and Ito (Color Universal Design, 2008) that show on white, and dark ones of
// Paul Tol's "muted" scheme: colour-blind readers can tell them apart. Dashes and glyphs repeat with other periods, so that pairs do not.
func styleOf(n int) style {
	colors := []uint32{0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x882255, 0x999933, 0x332288, 0x7f7f7f}
	dashes := [][]vg.Length{{6, 2}, {2, 2}, {8, 2, 2, 2}, {4, 3}, {8, 2, 2, 2, 2, 2}}
	glyphs := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
	v := colors[n%len(colors)]
	return style{
		color:  color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255},
		dashes: dashes[n%len(dashes)], glyph: glyphs[n%len(glyphs)],
	}
}

func (s style) solid(width float64) draw.LineStyle {
	return draw.LineStyle{Color: s.color, Width: vg.Points(width)}
}

func (s style) dashed(width float64) draw.LineStyle {
	return draw.LineStyle{Color: s.color, Width: vg.Points(width), Dashes: s.dashes}
}

func grid() draw.LineStyle {
	return draw.LineStyle{Color: color.Gray{Y: 224}, Width: vg.Points(0.5)}
}

// unit is what amounts are drawn in.
type unit struct {
	name string
	size float64
}

// unitOf picks the unit: Gbit/s, unless all that would be left are decimals.
func (g *group) unitOf(most float64) unit {
	switch {
	case g.small():
		return unit{"seconds (lower is better)", 1}
	case most >= 0.1e9 || most == 0:
		return unit{"Gbit/s", 1e9}
	case most >= 0.1e6:
		return unit{"Mbit/s", 1e6}
	}
	return unit{"kbit/s", 1e3}
}

// ticksTo gives four to ten round ticks from 0 to the first one that is not below most.
func ticksTo(most float64) plot.ConstantTicks {
	if most <= 0 {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	decimals := int(max(0, -math.Floor(math.Log10(most))))
	switch {
	case most/step < 2:
		step, decimals = step/5, decimals+1
	case most/step < 5:
		step, decimals = step/2, decimals+1
	}
	var ticks plot.ConstantTicks
	for i := 0; ; i++ {
		v := float64(i) * step
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', decimals, 64)})
		if v >= most*(1-1e-9) {
			return plainer(ticks)
		}
	}
}

// plainer takes ".0" away if all have it.
func plainer(ticks plot.ConstantTicks) plot.ConstantTicks {
	for _, t := range ticks {
		if !strings.HasSuffix(t.Label, ".0") {
			return ticks
		}
	}
	for i := range ticks {
		ticks[i].Label = strings.TrimSuffix(ticks[i].Label, ".0")
	}
	return ticks
}

// axes is a plot without anything in it.
func axes() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Tick.Label.Font = axisText().Font, labelText().Font
		a.LineStyle.Width, a.Tick.LineStyle.Width = vg.Points(0.7), vg.Points(0.7)
		a.Tick.Length = vg.Points(4)
		a.Label.Padding = vg.Points(3)
		a.Padding = 0
	}
	return p
}
