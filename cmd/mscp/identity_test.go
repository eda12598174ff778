package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/endpoint"
	"mscp/internal/plan"
)

// jobID is the identity of a copy whose login directory is /home/u.
func jobID(t *testing.T, source, target string) string {
	t.Helper()
	sources, to, err := endpoint.Args([]string{source, target})
	require.NoError(t, err)
	c := newCopy(system{}, &flags{}, func(string) bool { return false })
	c.sources, c.target = sources, to
	j := &job{home: "/home/u", land: &plan.Landing{}}
	from, err := pathOf(nil, sources[0])
	require.NoError(t, err)
	j.sources = []string{from}
	j.target, err = pathOf(nil, to)
	require.NoError(t, err)
	id, err := c.identity("u@h:22", j)
	require.NoError(t, err)
	return id.job
}

// TestJobIsKnownHoweverItIsTyped: what names one job, and what names others.
func TestJobIsKnownHoweverItIsTyped(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "work/tree"), 0o755))
	require.NoError(t, os.Symlink("work", filepath.Join(dir, "link")))
	t.Chdir(dir)
	up := jobID(t, "work/tree", "h:d/x")
	for _, same := range [][2]string{
		{"work/tree/", "h:d/x"}, {"./work//tree", "h:d/x/"}, {dir + "/work/tree", "u@h:/home/u/d/x"}, {"link/tree", "h:~/d/x"},
		{"work/../work/tree", "h:./d//x"}, {"link/../work/tree", "h:d/x"},
	} {
		require.Equal(t, up, jobID(t, same[0], same[1]), "%q", same)
	}
	t.Chdir(filepath.Join(dir, "work"))
	require.Equal(t, up, jobID(t, "tree", "h:d/x"))
	for _, other := range [][2]string{
		{"tree/.", "h:d/x"}, {"tree", "h:d/y"}, {"tree", "h:/d/x"}, {"tree", "h:d/z/../x"}, {"../link", "h:d/x"}, {"h:d/x", "tree"},
	} {
		require.NotEqual(t, up, jobID(t, other[0], other[1]), "%q", other)
	}

	down := jobID(t, "h:d/x", ".")
	for _, same := range [][2]string{{"h:~/d/x/", "../work"}, {"u@h:/home/u/d/x", dir + "/link/"}, {"h:d/x", "./."}} {
		require.Equal(t, down, jobID(t, same[0], same[1]), "%q", same)
	}
	require.NotEqual(t, down, jobID(t, "h:d/x/.", "."))
	require.Equal(t, jobID(t, "h:.", "x"), jobID(t, "h:~", "x/"))
	require.NotEqual(t, jobID(t, "h:.", "x"), jobID(t, "h:/home/u", "x"), "the contents, and the directory")
}
