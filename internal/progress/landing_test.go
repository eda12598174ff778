package progress

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/transfer"
)

func TestSummaryNamesWhereTheCopyLands(t *testing.T) {
	for want, l := range map[string]Landing{
		"copied 0 files, 0 B in":                                      {},
		`copied 0 files, 0 B to "h:a/b" in`:                           {Path: "h:a/b"},
		`copied 0 files, 0 B to "h:a/\"b\x1b" (new: "h:a", "h:c") in`: {Path: "h:a/\"b\x1b", Made: []string{"h:a", "h:c"}},
	} {
		require.Contains(t, summaryLine(transfer.Summary{}, l, nil), want)
	}
}

func TestSummaryEventNamesWhereTheCopyLands(t *testing.T) {
	var out bytes.Buffer
	d := New(Options{Mode: JSON, Out: &out, JSONOut: &out})
	d.Landed(Landing{Path: "h:\xff", Made: []string{"h:a"}})
	require.NoError(t, d.Stop(transfer.Summary{}, nil))
	var e map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &e))
	require.Equal(t, "h:\uFFFD", e["destination"])
	require.Equal(t, "aDr/", e["destination_base64"])
	require.Equal(t, []any{"h:a"}, e["made_directories"])
}
