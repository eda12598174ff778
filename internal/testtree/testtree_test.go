package testtree

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var spec = Spec{Seed: 1, Large: []int64{1<<19 + 1}, Small: 150, SmallSize: 2000, Depth: 30, Odd: true}

func generate(t *testing.T, s Spec) string {
	dir := filepath.Join(t.TempDir(), "tree")
	_, _, err := Generate(t.Context(), dir, s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, Remove(dir)) })
	return dir
}

func TestGenerateDependsOnTheSpecOnly(t *testing.T) {
	a, b := generate(t, spec), generate(t, spec)
	require.NoError(t, Compare(t.Context(), a, b))

	other := spec
	other.Seed = 2
	var diff *DiffError
	require.ErrorAs(t, Compare(t.Context(), a, generate(t, other)), &diff)
}

func TestGenerateCountsWhatACopyHas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	files, bytes, err := Generate(t.Context(), dir, spec)
	require.NoError(t, err)
	tree, err := Digest(t.Context(), dir)
	require.NoError(t, err)
	var n, size int64
	for _, node := range tree {
		if node.Mode.IsRegular() {
			n, size = n+1, size+node.Size
		}
	}
	require.Equal(t, n, files)
	require.Equal(t, size, bytes)
	for _, name := range OddNames() {
		require.Contains(t, tree, "odd/names/"+name)
	}
	require.Contains(t, tree, "odd/link to a directory/emptier")
	require.Equal(t, os.FileMode(0o555)|os.ModeDir, tree["odd/read-only"].Mode)
}

func TestCompareNamesEachDifference(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   []string
	}{
		{"content", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, "large-0.bin"), os.O_RDWR, 0)
			require.NoError(t, err)
			info, err := f.Stat()
			require.NoError(t, err)
			b := make([]byte, 1)
			_, err = f.ReadAt(b, 1<<18)
			require.NoError(t, err)
			b[0]++
			_, err = f.WriteAt(b, 1<<18)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			require.NoError(t, os.Chtimes(f.Name(), now, info.ModTime()))
		}, []string{`"large-0.bin" has another SHA-256`}},
		{"size", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "large-0.bin")
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, 5))
			require.NoError(t, os.Chtimes(path, now, info.ModTime()))
		}, []string{`"large-0.bin" has 5 bytes, not 524289`}},
		{"mode", func(t *testing.T, dir string) {
			require.NoError(t, os.Chmod(filepath.Join(dir, "deep"), 0o700))
		}, []string{`"deep" has mode drwx------, not drwxr-xr-x`}},
		{"time", func(t *testing.T, dir string) {
			require.NoError(t, os.Chtimes(filepath.Join(dir, "deep"), now, time.Unix(77, 0)))
		}, []string{`"deep" has time 77, not`}},
		{"missing and too many", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "deep/leaf"), filepath.Join(dir, "deep/lief")))
		}, []string{`"deep" has time`, `"deep/leaf" is missing`, `"deep/lief" is one too many`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := generate(t, spec), generate(t, spec)
			c.change(t, b)
			var diff *DiffError
			require.ErrorAs(t, Compare(t.Context(), a, b), &diff)
			require.Len(t, diff.Lines, len(c.want))
			for i := range c.want {
				require.Contains(t, diff.Lines[i], c.want[i])
				require.ErrorContains(t, diff, c.want[i])
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	dir := generate(t, spec)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := Generate(ctx, filepath.Join(t.TempDir(), "x"), spec)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Digest(ctx, dir)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAMessageOfOneLine(t *testing.T) {
	err := Tree{}.Diff(Tree{"a": {}, "b\n": {}, "c": {}, "d": {}, "e": {}})
	require.EqualError(t, err,
		`"a" is one too many; "b\n" is one too many; "c" is one too many; and 2 differences more`)
}
