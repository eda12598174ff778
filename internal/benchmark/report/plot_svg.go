package report

import (
	"bytes"
	"fmt"
	"io"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// svg is a canvas whose texts are as wide as they were measured, whatever font a viewer has: SVG's textLength (SVG 1.1, section 10.5) says
// it of each text. Without it a wider font would run into the next panel.
type svg struct {
	*vgsvg.Canvas
	widths []vg.Length // of the texts, in their order
}

func newSVG(width, height vg.Length) *svg { return &svg{Canvas: vgsvg.New(width, height)} }

// FillString implements vg.Canvas.
func (s *svg) FillString(f font.Face, at vg.Point, text string) {
	s.widths = append(s.widths, f.Width(text))
	s.Canvas.FillString(f, at, text)
}

// WriteTo implements io.WriterTo.
func (s *svg) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := s.Canvas.WriteTo(&b); err != nil {
		return 0, err
	}
	// Where Liberation Sans is missing, fonts of the same widths come first.
	data := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	parts := bytes.Split(data, []byte("<text "))
	var out bytes.Buffer
	for i, part := range parts {
		if i > 0 {
			fmt.Fprintf(&out, `<text textLength="%.4g" lengthAdjust="spacingAndGlyphs" `, s.widths[i-1].Points())
		}
		out.Write(part)
	}
	return out.WriteTo(w)
}
