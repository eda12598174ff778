package transfer

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"mscp/internal/fsys/memfs"
	"mscp/internal/plan"
)

// folds are what file systems make one name of.
func folds() map[string]func(string) string {
	question := func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}
	return map[string]func(string) string{
		"case":        strings.ToLower,
		"ASCII case":  func(s string) string { return strings.Map(lowerASCII, s) },
		"NFC":         norm.NFC.String,
		"NFD, case":   func(s string) string { return strings.ToLower(norm.NFD.String(s)) },
		"dots":        func(s string) string { return strings.TrimRight(s, ".") },
		"dots, case":  func(s string) string { return strings.ToLower(strings.TrimRight(s, ". ")) },
		"?":           func(s string) string { return strings.Map(question, s) },
		"replacement": func(s string) string { return strings.ToValidUTF8(s, "\ufffd") },
		"each byte":   func(s string) string { return string([]rune(s)) },
		"colons":      strings.NewReplacer(":", "_", "?", "_").Replace,
	}
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// unlikeNames are names that some file system takes for one.
func unlikeNames() []string {
	return []string{
		"README", "readme", "Readme", "\u00e9", "e\u0301", "\u00c9", "x", "x.", "x..", "x ", "X", "\xff", "\xfe", "\ufffd", "?", "日", "本",
		"a:b", "a?b", "a*b", "ﬁ", "fi", "ß", "ss", "plain", "日本.txt", "東京.txt",
	}
}

// TestNamesThatFold: of names that the destination takes for one, one is copied and the others fail; all names of any other are copied.
func TestNamesThatFold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		how := rapid.SampledFrom([]string{"none", "case", "ASCII case", "NFC", "NFD, case", "dots", "dots, case", "?", "replacement", "each byte", "colons"}).Draw(rt, "fold")
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(unlikeNames()), 2, 12, rapid.ID[string]).Draw(rt, "names")
		dirs := rapid.SliceOfN(rapid.Bool(), len(names), len(names)).Draw(rt, "dirs")
		upload, there := rapid.Bool().Draw(rt, "upload"), rapid.Bool().Draw(rt, "there")
		tree := map[string]memfs.Node{}
		for i, n := range names {
			if at := "/d/" + n; dirs[i] {
				tree[at+"/in"] = memfs.File("in " + n)
			} else {
				tree[at] = memfs.File(n)
			}
		}
		dst := memfs.New("dst", nil)
		dst.Fold = folds()[how]
		if there {
			dst.Put("/dst/d", memfs.Dir())
		}
		for run := range 2 { // a second run fails what the first one did
			j := newJob(upload, 1, tree)
			if upload {
				j.remote, j.lanes[0] = dst, newTestLane(dst, 0, testBlock)
				j.opt.First = j.lanes[0]
			} else {
				j.local, j.opt.Local = dst, dst
			}
			_, err := j.run(rt, t.Context())
			require.NoError(rt, err)
			requireFirsts(rt, j, how, names, run)
		}
	})
}

// requireFirsts compares what is there with what is to be there.
func requireFirsts(t require.TestingT, j *job, how string, names []string, run int) {
	fold := folds()[how]
	if fold == nil {
		fold = func(s string) string { return s }
	}
	classes := map[string]int{}
	for _, n := range names {
		classes[fold(n)]++
	}
	there := map[string]string{}
	for p, n := range j.dest().Tree() {
		require.NotContains(t, p, ".mscp", "probes and partial files are gone")
		if n.Mode.IsRegular() {
			at := strings.Split(strings.TrimPrefix(p, "/dst/d/"), "/")
			there[at[0]] = n.Data
			require.Equal(t, at[0], strings.TrimPrefix(n.Data, "in "), "run %d: the name has its own content", run)
		}
	}
	require.Len(t, there, len(classes), "run %d", run)
	failed := 0
	for p, err := range j.seen.failed {
		require.ErrorAs(t, err, new(*plan.FoldError), "%s", p)
		require.Contains(t, names, path.Base(p))
		require.NotContains(t, there, path.Base(p))
		failed++
	}
	require.Equal(t, len(names)-len(classes), failed, "run %d", run)
}

// TestSourcesThatFold: two sources of one command.
func TestSourcesThatFold(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 1, map[string]memfs.Node{"/a/README": memfs.File("1"), "/b/readme": memfs.File("2"), "/c/ReadMe": memfs.File("3"), "/c/other": memfs.File("4")})
		j.dest().Fold = strings.ToLower
		var items []plan.Item
		for _, i := range []plan.Item{{Src: "/src/a/README", Dst: "README"}, {Src: "/src/b/readme", Dst: "readme"}, {Src: "/src/c", Contents: true}} {
			var err error
			i.Info, err = j.source().Stat(i.Src)
			require.NoError(t, err)
			items = append(items, i)
		}
		_, err := j.runItems(t, t.Context(), items...)
		require.NoError(t, err)
		require.Len(t, j.seen.failed, 2)
		require.Equal(t, "1", j.dest().Tree()["/README"].Data)
		require.Equal(t, "4", j.dest().Tree()["/other"].Data)
	})
}

// TestPlainDestinationIsNotProbed: where nothing can fold, nothing is asked; where it could, once per root, whatever the number of names.
func TestPlainDestinationIsNotProbed(t *testing.T) {
	for _, c := range []struct {
		tree   map[string]memfs.Node
		probes int32
	}{
		{map[string]memfs.Node{"/a/b": memfs.File("1"), "/a/c": memfs.File("2"), "/日": memfs.File("3")}, 0},
		{manyPairs(200), 1},
	} {
		j := newJob(true, 1, c.tree)
		var probes atomic.Int32
		j.dest().Hook = func(c memfs.Call) error {
			if c.Op == "mkdir" && strings.Contains(c.Path, ".mscp-probe-") {
				probes.Add(1)
			}
			return nil
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
		require.Equal(t, c.probes, probes.Load())
	}
}

// manyPairs are names in one directory each of which could be another one.
func manyPairs(n int) map[string]memfs.Node {
	tree := map[string]memfs.Node{}
	for i := range n {
		tree[fmt.Sprintf("/d/x%d", i)] = memfs.File("x")
		tree[fmt.Sprintf("/d/X%d", i)] = memfs.File("X")
	}
	return tree
}

// TestFoldingThatCannotBeProbed: where no directory can be made, a second name that is there is never written over.
func TestFoldingThatCannotBeProbed(t *testing.T) {
	j := newJob(true, 1, map[string]memfs.Node{"/README": memfs.File("1"), "/readme": memfs.File("2")})
	j.dest().Fold = strings.ToLower
	j.dest().Put("/dst/README", memfs.File("old"))
	j.dest().Hook = func(c memfs.Call) error {
		if strings.Contains(c.Path, ".mscp-probe-") {
			return fs.ErrPermission
		}
		return nil
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Len(t, j.seen.failed, 1)
	require.Equal(t, "1", j.dest().Tree()["/dst/README"].Data)
}

// TestManyNamesThatFold: beyond the names that are remembered without asking, those of a directory that folds still are.
func TestManyNamesThatFold(t *testing.T) {
	tree := map[string]memfs.Node{"/d/A": memfs.File("1"), "/d/a": memfs.File("2")}
	for i := range 4200 {
		tree[fmt.Sprintf("/d/m%04d", i)] = memfs.File("")
	}
	tree["/d/n"], tree["/d/N"] = memfs.File(""), memfs.File("")
	j := newJob(false, 1, tree)
	j.dest().Fold = strings.ToLower
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Len(t, j.seen.failed, 2)
	require.ErrorAs(t, j.seen.failed["/src/d/n"], new(*plan.FoldError))
}
