package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"mscp/internal/benchmark/result"
)

// drawing is what a test looks at in an SVG file.
type drawing struct {
	width, height, viewBox string
	texts                  []string
	colors                 map[string]bool // of strokes and fills
}

func readSVG(t require.TestingT, data []byte) (d drawing) {
	d.colors = map[string]bool{}
	text := false
	for x := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			text = e.Name.Local == "text"
			for _, a := range e.Attr {
				d.attribute(e.Name.Local+" "+a.Name.Local, a.Value)
			}
		case xml.EndElement:
			text = false
		case xml.CharData:
			if text {
				d.texts = append(d.texts, string(e))
			}
		}
	}
}

func (d *drawing) attribute(name, value string) {
	switch name {
	case "svg width":
		d.width = value
	case "svg height":
		d.height = value
	case "svg viewBox":
		d.viewBox = value
	case "path style":
		for _, part := range strings.Split(value, ";") {
			if _, color, ok := strings.Cut(part, ":#"); ok {
				d.colors["#"+strings.ToLower(color)] = true
			}
		}
	}
}

func drawSVG(t require.TestingT, f *result.File) drawing {
	var b bytes.Buffer
	require.NoError(t, WritePlot(&b, f, "svg", 0))
	require.Contains(t, b.String(), "font-family:Liberation Sans,Arial,Helvetica,sans-serif;")
	return readSVG(t, b.Bytes())
}

func TestPlotOfLines(t *testing.T) {
	d := drawSVG(t, file(sweep(one(4*gib), 1)...))
	require.Equal(t, "508pt", d.width)
	require.Equal(t, "0 0 508 "+strings.TrimSuffix(d.height, "pt"), d.viewBox)
	for _, want := range []string{
		"One file of 4.00 GiB, up", "loopback, server sshd, memory to memory; mscp: aes128-gcm",
		"connections", "Gbit/s", "1", "2", "4", "8", "16", "0", "5", "10", "15", "20", "25", "30",
		"mscp, 1 session", "mscp, 2 sessions", "scp, same cipher: 3.15", "scp, defaults: 2.42", "single: 3.07", "ssh, n=16, 2 sessions: 26.4",
		"Warning: spread over 20%: mscp, n=16, 1 session (24%)",
	} {
		require.Contains(t, d.texts, want)
	}
	require.Subset(t, d.colors, map[string]bool{"#0072b2": true, "#d55e00": true}, "mscp's lines")
}

func TestPlotOfBars(t *testing.T) {
	d := drawSVG(t, failed())
	for _, want := range []string{"Gbit/s", "mscp", "18.1", "scp, defaults", "4.29", "scp, same cipher", "no good run", "0", "2", "20"} {
		require.Contains(t, d.texts, want)
	}
	require.NotContains(t, d.texts, "connections")
	d = drawSVG(t, file(ours(one(1), 8, 1, 0.0213, 0.0220, 0.0210), peer(one(1), "scp", "", 0.35, 0.36, 0.34)))
	require.Subset(t, d.texts, []string{"seconds (lower is better)", "0.0213", "0.350", "0.40"})
}

func TestPlotTilesPanels(t *testing.T) {
	d := drawSVG(t, rich())
	require.Equal(t, "1006pt", d.width)
	for _, want := range []string{"One file of 4.00 GiB, up", "One file of 4.00 GiB, down", "10000 files of 4.00 KiB, up", "One file of 1 B, up"} {
		require.Contains(t, d.texts, want)
	}
}

func TestPlotOfNothingSaysSo(t *testing.T) {
	require.Contains(t, drawSVG(t, nothing()).texts, "Warning: nothing was measured")
}

func TestPNG(t *testing.T) {
	for name, f := range map[string]*result.File{"several": several(), "nothing": nothing()} {
		var b bytes.Buffer
		require.NoError(t, WritePlot(&b, f, "png", 0))
		s := newSheet(f, groups(f))
		picture, err := png.Decode(&b)
		require.NoError(t, err, name)
		size := picture.Bounds().Size()
		require.InDelta(t, float64(s.width/vg.Inch*pngDPI), float64(size.X), 1, name)
		require.InDelta(t, float64(s.height/vg.Inch*pngDPI), float64(size.Y), 1, name)
	}
}

func TestPlotRefusesOtherFormats(t *testing.T) {
	for _, format := range []string{"", "eps", "SVG", "../x"} {
		var b bytes.Buffer
		var bad *FormatError
		require.ErrorAs(t, WritePlot(&b, rich(), format, 0), &bad)
		require.Equal(t, format, bad.Format)
		require.Zero(t, b.Len())
	}
	require.ErrorIs(t, WritePlot(broken{}, rich(), "svg", 0), errBroken)
}

func TestPlotOfOddFiles(t *testing.T) {
	for seed := range 25 {
		f := oddFile().Example(seed)
		d := drawSVG(t, f)
		for _, g := range groups(f) {
			for _, r := range g.rows {
				if !g.byConnections() && clean(r.Tool) == r.Tool {
					require.Contains(t, d.texts, g.name(r))
				}
			}
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(ticks plot.ConstantTicks) (all []string) {
		for _, t := range ticks {
			all = append(all, t.Label)
		}
		return all
	}
	require.Equal(t, []string{"0", "5", "10", "15", "20", "25", "30"}, labels(ticksTo(26.6)))
	require.Equal(t, []string{"0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35"}, labels(ticksTo(0.328)))
	require.Equal(t, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}, labels(ticksTo(1)))
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Float64Range(1e-9, 1e12).Draw(t, "most")
		ticks := ticksTo(most)
		require.True(t, len(ticks) >= 5 && len(ticks) <= 12, "%d ticks", len(ticks))
		require.GreaterOrEqual(t, ticks[len(ticks)-1].Value, most*(1-1e-6))
		require.Len(t, slices.Compact(labels(ticks)), len(ticks), "each label once")
		for _, tick := range ticks {
			v, err := strconv.ParseFloat(tick.Label, 64)
			require.NoError(t, err)
			require.InDelta(t, tick.Value, v, 1e-6*most, "the label is the value")
		}
	})
}

func TestNamesStandApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vg.Length {
			return vg.Length(rapid.Float64Range(0, 300).Draw(t, "y"))
		}), 1, 20).Draw(t, "places")
		slices.SortFunc(places, func(a, b vg.Length) int { return cmp.Compare(b, a) })
		at := apart(places, 0, 300, 12)
		for i := range at {
			require.True(t, at[i] >= 0 && at[i] <= 300.001, "%v", at)
			require.True(t, i == 0 || at[i-1]-at[i] >= 11.999, "%v", at)
		}
	})
	require.Equal(t, []vg.Length{90, 50, 10}, apart([]vg.Length{90, 50, 10}, 0, 100, 12), "those with room stay")
}
