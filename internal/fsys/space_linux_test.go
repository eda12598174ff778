package fsys_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"mscp/internal/fsys"
)

// mount puts a file system of 64 KiB in memory at a fresh directory. Only root can: elsewhere it returns false, and the
// reasons are tested with what the in-process server makes up.
func mount(t *testing.T) (dir string, ok bool) {
	if os.Geteuid() != 0 {
		return "", false
	}
	dir = tempDir(t)
	require.NoError(t, unix.Mount("none", dir, "tmpfs", 0, "size=64k,mode=777"))
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir, true
}

// realSides are those that a mount can be seen by.
func realSides(t *testing.T, test func(t *testing.T, s *side)) {
	for name, open := range map[string]func(t *testing.T) *side{"local": openLocal, "sshserver": openServer, "sshd": openSSHD} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			dir, ok := mount(t)
			if ok {
				s.dir, s.real = dir, dir
				test(t, s)
			}
		})
	}
}

func TestFullFileSystem(t *testing.T) {
	realSides(t, func(t *testing.T, s *side) {
		f, err := s.Create(s.at("f"), 0o600, true)
		require.NoError(t, err)
		for off := int64(0); err == nil && off < 1<<20; off += 16 << 10 {
			_, err = f.WriteAt(make([]byte, 16<<10), off)
		}
		require.ErrorIs(t, err, fsys.ErrNoSpace)
		require.NoError(t, f.Close())
		space, err := s.Space(s.at("f"))
		require.NoError(t, err)
		require.EqualValues(t, 64<<10, space.Total)
		require.Zero(t, space.Available)
	})
}

// A file system that takes no more files has room for bytes, and OpenSSH's server says only "Failure".
func TestNoMoreFiles(t *testing.T) {
	realSides(t, func(t *testing.T, s *side) {
		require.NoError(t, unix.Mount("none", s.real, "tmpfs", unix.MS_REMOUNT, "size=64m,nr_inodes=2"))
		s.write(t, "f", "x")
		_, err := s.Create(s.at("g"), 0o600, true)
		require.ErrorIs(t, err, fsys.ErrNoSpace)
		require.ErrorIs(t, s.Mkdir(s.at("d"), 0o700), fsys.ErrNoSpace)
	})
}

func TestReadOnlyFileSystem(t *testing.T) {
	realSides(t, func(t *testing.T, s *side) {
		s.write(t, "f", "x")
		require.NoError(t, unix.Mount("none", s.real, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		_, err := s.Create(s.at("g"), 0o600, true)
		require.ErrorIs(t, err, fsys.ErrReadOnly)
		require.ErrorIs(t, s.Mkdir(s.at("d"), 0o700), fsys.ErrReadOnly)
		_, err = s.Rename(s.at("f"), s.at("g"))
		require.ErrorIs(t, err, fsys.ErrReadOnly)
		space, err := s.Space(s.at("."))
		require.NoError(t, err)
		require.True(t, space.ReadOnly)
		require.Equal(t, "x", s.read(t, "f", 10))
	})
}
