package report

import (
	"fmt"
	"io"
	"slices"
	"time"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"

	"mscp/internal/benchmark/result"
)

// FormatError is a kind of picture that [WritePlot] cannot draw.
type FormatError struct{ Format string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("mscp cannot draw %q; it draws svg, pdf and png", e.Format)
}

// PanelError is a panel that a picture does not have.
type PanelError struct{ Panel, Panels int }

func (e *PanelError) Error() string {
	return fmt.Sprintf("there is no panel %d: the picture has %d", e.Panel, e.Panels)
}

// pngDPI is for print: a column of a paper at its full width.
const pngDPI = 200

// Measures of the picture, in points.
const (
	panelWidth  = 480
	lineHeight  = 290 // of a panel with lines, at least
	barPitch    = 19  // from bar to bar
	barHeight   = 84  // of a panel with bars, without these
	margin      = 14
	panelGap    = 18
	footGap     = 6
	fewPanels   = 1 // that many stand in one column
	manyColumns = 2
)

// WritePlot draws a panel for each question, in rows of two, as "svg", "pdf" or "png" (200 dpi); any other format is a [*FormatError]. With
// a panel above 0 only that one is drawn, the first is 1; one that is not there is a [*PanelError].
//
// Where mscp was measured with several numbers of connections, the panel shows throughput (of small work, seconds) by connections: a line for each of its other
// settings, and for what has no number of connections, or just one, a dashed line across. Otherwise it shows a bar for each case. Points
// and bars are medians; error bars go from the slowest run to the fastest. Names stand beside the data, never on it. Warnings
// stand below.
func WritePlot(w io.Writer, f *result.File, format string, panel int) error {
	all := groups(f)
	switch {
	case !slices.Contains(Formats(), format):
		return &FormatError{format}
	case panel > len(all):
		return &PanelError{panel, len(all)}
	case panel > 0:
		all = all[panel-1 : panel]
	}
	if _, err := newSheet(f, all).paint(format).WriteTo(w); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// Formats are those of WritePlot.
func Formats() []string { return []string{"svg", "pdf", "png"} }

// sheet is the whole picture.
type sheet struct {
	file       *result.File
	rows       [][]*group // of panels
	styles     styles
	head, foot []string
	width      vg.Length
	height     vg.Length
}

func newSheet(f *result.File, all []*group) *sheet {
	s := &sheet{file: f, styles: newStyles(all)}
	columns := 1
	if len(all) > fewPanels {
		columns = manyColumns
	}
	for len(all) > 0 {
		n := min(columns, len(all))
		s.rows, all = append(s.rows, all[:n]), all[n:]
	}
	s.width = vg.Length(columns)*panelWidth + vg.Length(columns-1)*panelGap + 2*margin
	room := s.width - 2*margin
	title := "mscp bench"
	if !f.Started.IsZero() {
		title += ", " + f.Started.UTC().Format(time.DateOnly)
	}
	s.head = append([]string{title}, fit(smallText(), room, join(sources(f), machine(f.Host), versions(f)))...)
	for _, l := range Warnings(f) {
		s.foot = append(s.foot, fit(smallText(), room, "Warning: "+l)...)
	}
	s.height = 2*margin + s.headHeight() + footGap + vg.Length(len(s.foot))*smallLeading
	for _, row := range s.rows {
		s.height += rowHeight(row) + panelGap
	}
	return s
}

func (s *sheet) headHeight() vg.Length { return titleLeading + vg.Length(len(s.head)-1)*smallLeading }

func rowHeight(row []*group) (h vg.Length) {
	for _, g := range row {
		h = max(h, g.height())
	}
	return h
}

// paint draws everything, from the top.
func (s *sheet) paint(format string) vg.CanvasWriterTo {
	c := s.canvas(format)
	all := draw.NewCanvas(c, s.width, s.height)
	all.SetColor(white())
	all.Fill(all.Rectangle.Path())
	y := s.height - margin
	y = below(&all, titleText(), margin, y, titleLeading, s.head[:1])
	y = below(&all, smallText(), margin, y, smallLeading, s.head[1:])
	for _, row := range s.rows {
		h := rowHeight(row)
		for i, g := range row {
			x := margin + vg.Length(i)*(panelWidth+panelGap)
			g.panel(tile(all, x, y-panelGap-h, panelWidth, h), s.file.Path, s.styles)
		}
		y -= panelGap + h
	}
	below(&all, warningText(), margin, y-footGap, smallLeading, s.foot)
	return c
}

func (s *sheet) canvas(format string) vg.CanvasWriterTo {
	switch format {
	case "svg":
		return newSVG(s.width, s.height)
	case "pdf":
		return pdf{vgpdf.New(s.width, s.height)}
	}
	return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(s.width, s.height), vgimg.UseDPI(pngDPI))}
}

// pdf is a canvas that holds its font. There is one, headings are not bold: vgpdf gives a second font the outlines of the first.
type pdf struct{ *vgpdf.Canvas }

// FillString implements vg.Canvas.
func (p pdf) FillString(f font.Face, at vg.Point, text string) {
	f.Font.Weight = 0
	p.Canvas.FillString(font.DefaultCache.Lookup(f.Font, f.Font.Size), at, text)
}

// tile is a part of the canvas with its lower left corner at x, y.
func tile(c draw.Canvas, x, y, width, height vg.Length) draw.Canvas {
	low := vg.Point{X: x, Y: y}
	return draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: low, Max: low.Add(vg.Point{X: width, Y: height})}}
}

// height of the group's panel.
func (g *group) height() vg.Length {
	if !g.byConnections() {
		return barHeight + barPitch*vg.Length(len(g.rows))
	}
	return max(lineHeight, 90+labelPitch*vg.Length(len(g.series())))
}

// panel draws a group below its heading.
func (g *group) panel(c draw.Canvas, p result.Path, st styles) {
	y := below(&c, headText(), c.Min.X, c.Max.Y, headLeading, fit(headText(), panelWidth, capital(work(g.Work)+", "+string(g.Direction))))
	about := ground(g.Question, p)
	if s := g.shared(); s != "" {
		about += "; mscp: " + s
	}
	shown, named := g.drawn()
	if named != "" {
		about += "; " + named
	}
	y = below(&c, smallText(), c.Min.X, y, smallLeading, fit(smallText(), panelWidth, about))
	c.Max.Y = y - 4
	if shown.byConnections() {
		shown.drawLines(c, st)
		return
	}
	shown.drawBars(c, st)
}
