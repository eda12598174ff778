package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// What the path alone carries must not press the others down to the axis; but a limit that is near is drawn, and a tool always is.
func TestBeyondTheScale(t *testing.T) {
	q := one(1 << 30)
	tcp := func(seconds float64) result.Case {
		return timed(result.Case{Question: q, Tool: result.TCP, Connections: 2}, 2, seconds, seconds, seconds)
	}
	for _, c := range []struct {
		path   result.Case
		beyond bool
	}{{tcp(0.1), true}, {tcp(0.9), false}, {peer(q, "fast", "", 0.1, 0.1, 0.1), false}} {
		f := &result.File{Version: 1, Host: host(), Path: result.Path{Kind: result.Loopback},
			Cases: []result.Case{ours(q, 1, 1, 1.5, 1.5, 1.5), ours(q, 2, 1, 1, 1, 1), c.path}}
		var chart, picture bytes.Buffer
		require.NoError(t, Chart(&chart, f, Options{ASCII: true, Follows: true}))
		require.NoError(t, WritePlot(&picture, f, "svg", 0))
		require.Equal(t, c.beyond, strings.Contains(chart.String(), beyondMark+gap), chart.String())
		require.Equal(t, c.beyond, strings.Contains(picture.String(), "(not drawn)"))
		require.NotContains(t, chart.String(), "warning")
	}
}
