package plan

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// One entry that cannot be looked at fails alone, wherever the walk comes to it.
func TestBadEntryFailsAlone(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{"/d/bad": {Bad: syscall.EIO}, "/d/sub/bad": {Bad: syscall.ENOTCONN}})
	for i := range 20 {
		src.Put(fmt.Sprintf("/d/f%d", i), memfs.File("x"))
		src.Put(fmt.Sprintf("/d/sub/f%d", i), memfs.File("x"))
	}
	for _, source := range []string{"/d", "/d/."} {
		r := newRecorder()
		require.NoError(t, walkFrom(t, src, "/dir", 2, r, source))
		require.Len(t, r.files, 40)
		require.Len(t, r.failed, 2)
		require.ErrorIs(t, r.failed[source+"/bad"], syscall.EIO)
		require.ErrorIs(t, r.failed[source+"/sub/bad"], syscall.ENOTCONN)
		require.Empty(t, r.wrong)
	}
}

// A pattern that matches one finds all others, and the bad one is a failure of its own.
func TestBadEntryInAPattern(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/d/a": memfs.File("a"), "/d/b": {Bad: syscall.EACCES}, "/d/c": memfs.File("c"), "/d/e/x": memfs.File("x"),
	})
	got, err := expandAll(src, []string{"/d/*"})
	require.NoError(t, err)
	require.Equal(t, []string{"/d/a", "/d/b", "/d/c", "/d/e"}, got)
	l, err := Land(src, memfs.New("dst", map[string]memfs.Node{"/dir": memfs.Dir()}), got, "/dir")
	require.NoError(t, err)
	require.Len(t, l.Items, 3)
	require.Len(t, l.Failures, 1)
	require.Equal(t, "/d/b", l.Failures[0].Path)
	require.ErrorIs(t, l.Failures[0].Err, syscall.EACCES)
	got, err = expandAll(src, []string{"/d/*/x", "/d/[b-e]"})
	require.NoError(t, err)
	require.Equal(t, []string{"/d/e/x", "/d/b", "/d/c", "/d/e"}, got)
}

// The target's own bad entries say nothing of what lands beside them.
func TestBadEntryAtTheTarget(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{"/d/a": memfs.File("a")})
	dst := memfs.New("dst", map[string]memfs.Node{"/dir/bad": {Bad: syscall.EIO}})
	l, err := Land(src, dst, []string{"/d/."}, "/dir")
	require.NoError(t, err)
	names, err := Special(dst, l)
	require.NoError(t, err)
	require.NotContains(t, names, "bad")
}
