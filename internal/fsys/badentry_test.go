//go:build linux

package fsys_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/oddfs"
	"mscp/internal/sshserver"
)

// entries lists a directory, and returns what is known of each entry and why nothing is known of others.
func entries(t *testing.T, f fsys.FS, dir string) (known map[string]fsys.Info, bad map[string]error) {
	known, bad = map[string]fsys.Info{}, map[string]error{}
	require.NoError(t, f.List(dir, func(i fsys.Info) error {
		if i.Err != nil {
			require.False(t, i.IsRegular() || i.IsDir() || i.IsLink())
			bad[i.Name] = i.Err
			return nil
		}
		known[i.Name] = i
		return nil
	}))
	return known, bad
}

// An entry that cannot be looked at comes with its reason, and all others are listed.
func TestBadEntry(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EACCES, syscall.EIO, syscall.ESTALE, syscall.ENOTCONN} {
		backing := tempDir(t)
		for i := range 2500 { // several batches
			require.NoError(t, os.WriteFile(filepath.Join(backing, fmt.Sprintf("f%04d", i)), []byte("x"), 0o640))
		}
		dir := oddfs.Mount(t, backing, oddfs.Habits{LstatFails: map[string]syscall.Errno{"f0007": errno, "f2000": errno}})
		root, err := fsys.OpenRoot(dir)
		require.NoError(t, err)
		for _, side := range []struct {
			fs  fsys.FS
			dir string
		}{{fsys.NewLocal(), dir}, {root, ""}} {
			known, bad := entries(t, side.fs, side.dir)
			require.Len(t, known, 2498)
			require.Len(t, bad, 2)
			var typed *fsys.Error
			require.ErrorAs(t, bad["f0007"], &typed)
			require.Equal(t, filepath.Join(dir, "f0007"), typed.Path)
			want, err := os.Lstat(filepath.Join(dir, "f0001"))
			require.NoError(t, err)
			got := known["f0001"]
			require.Equal(t, want.Mode(), got.Mode)
			require.Equal(t, want.Size(), got.Size)
			require.True(t, want.ModTime().Equal(got.ModTime))
		}
		require.NoError(t, root.Close())
	}
}

// memfs does the same, for the tests of others.
func TestBadEntryInMemory(t *testing.T) {
	f := memfs.New("mem", map[string]memfs.Node{"/d/good": memfs.File("x"), "/d/bad": {Bad: syscall.EIO}})
	known, bad := entries(t, f, "/d")
	require.Contains(t, known, "good")
	require.ErrorIs(t, bad["bad"], syscall.EIO)
	_, err := f.Open("/d/bad")
	require.ErrorIs(t, err, syscall.EIO)
}

// A listing without attributes is completed, in its order; what cannot be looked at is handed over with the reason.
func TestBareEntries(t *testing.T) {
	for _, pattern := range []string{"*", "f01?", "d"} {
		s := openFaulty(t, 0, sshserver.BareEntries(pattern), &refuseLstat{name: "/f013"})
		for i := range 200 {
			s.write(t, fmt.Sprintf("f%03d", i), "text")
		}
		require.NoError(t, s.Mkdir(s.at("d"), 0o750))
		s.link(t, "f001", "l")
		known, bad := entries(t, s, s.at("."))
		if pattern == "d" {
			require.Empty(t, bad)
		} else {
			require.Len(t, bad, 1)
			require.ErrorIs(t, bad["f013"], fs.ErrPermission)
		}
		require.Len(t, known, 202-len(bad))
		require.True(t, known["d"].IsDir())
		require.True(t, known["l"].IsLink())
		require.EqualValues(t, 4, known["f017"].Size)
		require.False(t, known["f017"].ModTime.IsZero())
	}
}

// refuseLstat denies LSTAT of a path that ends so.
type refuseLstat struct{ name string }

func (r *refuseLstat) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Lstat && filepath.Base(c.Path) == filepath.Base(r.name) {
		return c.Status(sshserver.PermissionDenied)
	}
	return sshserver.Pass
}

func (r *refuseLstat) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }
