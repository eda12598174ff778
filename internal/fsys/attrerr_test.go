//go:build linux

package fsys_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/oddfs"
)

// What a file system has no call for is not supported, whatever it answers; what it refuses is refused; the rest is an error of its own.
func TestAttributesThatCannotBeSet(t *testing.T) {
	for errno, want := range map[syscall.Errno]error{
		syscall.ENOSYS: fsys.ErrUnsupported, syscall.EOPNOTSUPP: fsys.ErrUnsupported, syscall.EINVAL: fsys.ErrUnsupported,
		syscall.EPERM: fs.ErrPermission, syscall.EACCES: fs.ErrPermission, syscall.EIO: syscall.EIO,
	} {
		t.Run(errno.Error(), func(t *testing.T) {
			backing := tempDir(t)
			dir := oddfs.Mount(t, backing, oddfs.Habits{Fails: map[oddfs.Call]syscall.Errno{oddfs.Chmod: errno}})
			root, err := fsys.OpenRoot(dir)
			require.NoError(t, err)
			mode, at := fs.FileMode(0o640), time.Unix(1_000_000_000, 0)
			attr := fsys.Attr{Mode: &mode, Times: &fsys.Times{Access: at, Mod: at}}
			h, err := root.Create("f", 0o600, true)
			require.NoError(t, err)
			require.ErrorIs(t, h.SetAttr(attr), want)
			require.NoError(t, h.Close())
			requireTime(t, dir, at)
			at = at.Add(time.Hour)
			attr.Times.Mod = at
			require.ErrorIs(t, root.SetAttr("f", attr), want)
			requireTime(t, dir, at)
			require.NoError(t, root.Close())
		})
	}
}

// requireTime checks that the time was set though the mode could not be.
func requireTime(t *testing.T, dir string, at time.Time) {
	t.Helper()
	i, err := os.Stat(filepath.Join(dir, "f"))
	require.NoError(t, err)
	require.True(t, i.ModTime().Equal(at))
}

func TestSyncThatIsNotThere(t *testing.T) {
	for errno, missing := range map[syscall.Errno]bool{syscall.EINVAL: true, syscall.EOPNOTSUPP: true, syscall.EIO: false, syscall.ENOSPC: false} {
		dir := oddfs.Mount(t, tempDir(t), oddfs.Habits{Fails: map[oddfs.Call]syscall.Errno{oddfs.Fsync: errno, oddfs.FsyncDir: errno}})
		root, err := fsys.OpenRoot(dir)
		require.NoError(t, err)
		h, err := root.Create("f", 0o600, true)
		require.NoError(t, err)
		for _, err := range []error{h.Sync(), root.SyncDir("")} {
			require.Error(t, err)
			require.Equal(t, missing, errors.Is(err, fsys.ErrUnsupported), "%v: %v", errno, err)
		}
		require.NoError(t, h.Close())
		require.NoError(t, root.Close())
	}
}

// A directory that may be written and not read has no names that anybody could sync.
func TestSyncOfADropBox(t *testing.T) {
	s := openLocal(t)
	require.NoError(t, os.Chmod(s.real, 0o333))
	var err error
	asNobody(t, func() { err = fsys.NewLocal().SyncDir(s.real) })
	require.ErrorIs(t, err, fsys.ErrUnsupported)
}
