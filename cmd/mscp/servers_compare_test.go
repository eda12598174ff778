package main

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"mscp/internal/quote"
	"mscp/internal/testtree"
)

// The words of README.md's table for what a copy loses on a server. Bytes are never among them.
const (
	lossModes        = "modes"
	lossNames        = "some odd names (refused)"
	lossSpelling     = "names that are not UTF-8 (it changes them)"
	lossControl      = "names with control characters"
	lossUnlisted     = "downloads of what is called `0` (it does not list it)"
	lossTimes        = "times"
	lossDirTimes     = "times of directories"
	lossTimesRefused = "times (`-p` fails, and tells of each name)"
)

var losses = []string{lossModes, lossNames, lossSpelling, lossControl, lossUnlisted, lossTimes, lossDirTimes, lossTimesRefused}

func (s *sftpServer) lose(what string) { s.losses[what] = true }

// compare requires that got has the bytes of want. It notes the losses that may be; a name may be lost where out names its failure,
// where the server spells it otherwise, or where it never lists it.
func (r *roundTrip) compare(want, got, out string, may ...string) {
	r.Helper()
	a, err := testtree.Digest(r.Context(), want)
	require.NoError(r, err)
	b, err := testtree.Digest(r.Context(), got)
	require.NoError(r, err)
	missing := 0
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if is, there := b[name]; there {
			require.Equal(r, a[name].Sum, is.Sum, "%q has other bytes\n%s", name, out)
			r.dress(a[name], is, may)
			continue
		}
		missing++
		require.Contains(r, may, lossNames, "%q is missing\n%s", name, out)
		r.server.lose(r.missing(name, out))
	}
	var more []string
	for name, node := range b {
		if _, known := a[name]; !known && node.Mode.IsRegular() {
			more = append(more, name)
		}
	}
	require.LessOrEqual(r, len(more), missing, "%q\n%s", more, out)
}

// missing says why a name is not there.
func (r *roundTrip) missing(name, out string) string {
	r.Helper()
	switch {
	case named(out, name):
		return lossNames
	case !utf8.ValidString(name):
		return lossSpelling
	case strings.ContainsFunc(name, unicode.IsControl):
		return lossControl
	}
	require.NotEmpty(r, r.server.unlisted, "%q is missing without a word\n%s", name, out)
	require.Contains(r, strings.Split(name, "/"), r.server.unlisted, "%q is missing without a word\n%s", name, out)
	return lossUnlisted
}

func (r *roundTrip) dress(want, is testtree.Node, may []string) {
	times := lossTimes
	if want.Mode.IsDir() {
		times = lossDirTimes
	}
	if slices.Contains(may, lossModes) && want.Mode != is.Mode {
		r.server.lose(lossModes)
	}
	if slices.Contains(may, times) && want.Time != is.Time {
		r.server.lose(times)
	}
	require.Equal(r, want.Mode&fs.ModeType, is.Mode&fs.ModeType)
}

// named reports whether a failure is listed of name, or of a directory above it.
func named(out, name string) bool {
	for ; name != "."; name = path.Dir(name) {
		quoted := quote.Name(name)
		if strings.Contains(out, "/"+quoted[1:]) {
			return true
		}
	}
	return false
}
