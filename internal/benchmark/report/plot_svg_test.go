package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTextsStayInTheirPanels: a viewer without the font takes another one, of the width that is written beside each text.
func TestTextsStayInTheirPanels(t *testing.T) {
	for name, f := range map[string]func() []byte{
		"lines and bars": func() []byte {
			var b bytes.Buffer
			require.NoError(t, WritePlot(&b, rich(), "svg", 0))
			return b.Bytes()
		},
		"nothing": func() []byte {
			var b bytes.Buffer
			require.NoError(t, WritePlot(&b, nothing(), "svg", 0))
			return b.Bytes()
		},
	} {
		t.Run(name, func(t *testing.T) {
			texts := 0
			for x := xml.NewDecoder(bytes.NewReader(f())); ; {
				token, err := x.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				e, ok := token.(xml.StartElement)
				if !ok || e.Name.Local != "text" {
					continue
				}
				texts++
				attr := map[string]string{}
				for _, a := range e.Attr {
					attr[a.Name.Local] = a.Value
				}
				width, err := strconv.ParseFloat(attr["textLength"], 64)
				require.NoError(t, err)
				require.Positive(t, width)
				require.Equal(t, "spacingAndGlyphs", attr["lengthAdjust"])
				x, err := strconv.ParseFloat(attr["x"], 64)
				require.NoError(t, err)
				// Rotated axis titles stand at x 0 of their own.
				for left := margin; x > 0 && left < 1006; left += panelWidth + panelGap {
					if x >= float64(left) && x < float64(left+panelWidth) {
						require.LessOrEqual(t, x+width, 1006-float64(margin)+1)
					}
				}
			}
			require.Positive(t, texts)
		})
	}
}

func TestPDF(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WritePlot(&b, rich(), "pdf", 0))
	require.True(t, bytes.HasPrefix(b.Bytes(), []byte("%PDF-")))
	require.Contains(t, b.String(), "/FontFile2", "the fonts are in it")
}

func TestOnePanel(t *testing.T) {
	panels := len(groups(rich()))
	require.Greater(t, panels, 1)
	for panel := 1; panel <= panels; panel++ {
		var b bytes.Buffer
		require.NoError(t, WritePlot(&b, rich(), "svg", panel))
		require.Equal(t, "508pt", readSVG(t, b.Bytes()).width, "one column")
	}
	var b bytes.Buffer
	var bad *PanelError
	require.ErrorAs(t, WritePlot(&b, rich(), "svg", panels+1), &bad)
	require.Equal(t, PanelError{panels + 1, panels}, *bad)
	require.Zero(t, b.Len())
}
