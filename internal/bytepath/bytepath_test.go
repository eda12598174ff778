package bytepath

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestJoinKeepsWhatLinksDecide(t *testing.T) {
	for _, c := range [][3]string{
		{"a/..", "b", "a/../b"}, {"a", "../b", "a/../b"}, {"", "b", "b"}, {".", "b", "b"}, {"/", "b", "/b"},
		{"a/", "b", "a/b"}, {"a", "", "a"}, {"./a", "b", "./a/b"}, {"a//b/.", "c", "a//b/./c"}, {"..", "b", "../b"},
	} {
		require.Equal(t, c[2], Join(c[0], c[1]))
	}
}

func TestDirAndBase(t *testing.T) {
	for _, c := range [][3]string{
		{"a/../b", "a/..", "b"}, {"b", ".", "b"}, {"/b", "/", "b"}, {"a//b", "a", "b"}, {"a/..", "a", ".."}, {"//b", "/", "b"},
	} {
		require.Equal(t, c[1], Dir(c[0]))
		require.Equal(t, c[2], Base(c[0]))
	}
}

func TestPlain(t *testing.T) {
	for in, out := range map[string]string{
		"a": "a", "./a": "a", "a/": "a", ".//a//": "a", "a/.": "a", "/": "/", "//a": "/a", "": ".", "././": ".", "a/../b": "a/../b", "a/./../.": "a/..",
	} {
		require.Equal(t, out, Plain(in), in)
	}
}

// TestSameFile makes the property whole: whatever is joined, taken apart or made plain, the system finds the same file.
func TestSameFile(t *testing.T) {
	base := t.TempDir()
	require.NoError(t, os.MkdirAll(base+"/far/deep", 0o700))
	require.NoError(t, os.MkdirAll(base+"/near/in", 0o700))
	require.NoError(t, os.Symlink("../far/deep", base+"/near/link"))
	require.NoError(t, os.Symlink("../../near", base+"/far/deep/back"))
	t.Chdir(base + "/near/link") // $PWD has the link
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"..", ".", "", "link", "in", "back", "deep", "far", "near"}), 1, 6).Draw(t, "names")
		p := names[0]
		for _, n := range names[1:] {
			p += "/" + n
		}
		if p == "" {
			p = "."
		}
		want, err := os.Stat(p)
		if err != nil {
			return
		}
		abs, err := Abs(p)
		require.NoError(t, err)
		trimmed, _ := Trim(p)
		for _, same := range []string{abs, trimmed, Plain(p), Join(Dir(trimmed), Base(trimmed))} {
			got, err := os.Stat(same)
			require.NoError(t, err, "%q from %q", same, p)
			require.True(t, os.SameFile(want, got), "%q and %q", same, p)
		}
	})
}
