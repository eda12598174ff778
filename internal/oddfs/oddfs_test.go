//go:build linux && !386 && !arm

package oddfs

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mounted has a file "f" of ten bytes.
func mounted(t *testing.T, h Habits) (dir, backing string) {
	backing = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(backing, "f"), []byte("0123456789"), 0o644))
	return Mount(t, backing, h), backing
}

func inode(t *testing.T, stat func() (os.FileInfo, error)) uint64 {
	fi, err := stat()
	require.NoError(t, err)
	return fi.Sys().(*syscall.Stat_t).Ino
}

func TestPassThrough(t *testing.T) {
	dir, backing := mounted(t, Habits{})
	p := filepath.Join(dir, "d", "new")
	require.NoError(t, os.Mkdir(filepath.Dir(p), 0o750))
	require.NoError(t, os.WriteFile(p, []byte("hello"), 0o600))
	then := time.Unix(1e9, 5e6)
	require.NoError(t, os.Chtimes(p, then, then))
	require.NoError(t, os.Chmod(p, 0o640))
	require.NoError(t, os.Rename(p, p+"2"))
	require.NoError(t, os.Symlink("new2", filepath.Join(dir, "d", "link")))
	require.NoError(t, os.Truncate(p+"2", 4))
	require.NoError(t, os.Chtimes(p+"2", then, then))

	fi, err := os.Stat(filepath.Join(backing, "d", "link"))
	require.NoError(t, err)
	require.Equal(t, int64(4), fi.Size())
	require.Equal(t, os.FileMode(0o640), fi.Mode())
	require.True(t, then.Equal(fi.ModTime()))
	entries, err := os.ReadDir(filepath.Join(dir, "d"))
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "d")))
	require.NoDirExists(t, filepath.Join(backing, "d"))
}

func TestStatedSizes(t *testing.T) {
	for want, h := range map[int64]Habits{0: {ZeroSize: true}, 4106: {ExtraSize: 4096}, 10: {MaxRead: 3}} {
		dir, _ := mounted(t, h)
		p := filepath.Join(dir, "f")
		fi, err := os.Stat(p)
		require.NoError(t, err)
		require.Equal(t, want, fi.Size())
		all, err := os.ReadFile(p)
		require.NoError(t, err)
		require.Equal(t, "0123456789", string(all))
		if h.MaxRead != 0 {
			f, err := os.Open(p)
			require.NoError(t, err)
			n, err := f.Read(make([]byte, 10))
			require.NoError(t, err)
			require.Equal(t, 3, n)
			require.NoError(t, f.Close())
		}
	}
}

func TestCallsFail(t *testing.T) {
	calls := map[Call]func(dir string, f *os.File) error{
		Chmod:    func(_ string, f *os.File) error { return f.Chmod(0o600) },
		Utimens:  func(_ string, f *os.File) error { return os.Chtimes(f.Name(), time.Now(), time.Now()) },
		Fsync:    func(_ string, f *os.File) error { return f.Sync() },
		FsyncDir: func(dir string, _ *os.File) error { return syncDir(dir) },
		Write:    func(_ string, f *os.File) error { _, err := f.WriteString("abc"); return err },
		Read:     func(_ string, f *os.File) error { _, err := f.ReadAt(make([]byte, 1), 0); return err },
	}
	for failing := range calls {
		dir, _ := mounted(t, Habits{Fails: map[Call]syscall.Errno{failing: syscall.EOPNOTSUPP}})
		f, err := os.OpenFile(filepath.Join(dir, "f"), os.O_RDWR, 0)
		require.NoError(t, err)
		for call, do := range calls {
			if err := do(dir, f); call == failing {
				require.ErrorIs(t, err, syscall.EOPNOTSUPP)
			} else {
				require.NoError(t, err)
			}
		}
		require.NoError(t, f.Close())
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func TestLimits(t *testing.T) {
	dir, _ := mounted(t, Habits{
		Fails:     map[Call]syscall.Errno{Write: syscall.EDQUOT, Read: syscall.EIO},
		WriteRoom: 5, ReadUntil: 4, MaxRead: 100, NameMax: 143,
		LstatFails: map[string]syscall.Errno{"bad": syscall.ESTALE},
	})
	f, err := os.Create(filepath.Join(dir, strings.Repeat("n", 143)))
	require.NoError(t, err)
	_, err = f.WriteString("12345")
	require.NoError(t, err)
	_, err = f.WriteString("6")
	require.ErrorIs(t, err, syscall.EDQUOT)
	require.NoError(t, f.Close())
	_, err = os.Create(f.Name() + "n")
	require.ErrorIs(t, err, syscall.ENAMETOOLONG)

	f, err = os.Open(filepath.Join(dir, "f"))
	require.NoError(t, err)
	got, err := io.ReadAll(f)
	require.ErrorIs(t, err, syscall.EIO)
	require.Equal(t, "0123", string(got))
	require.NoError(t, f.Close())
}

func TestEntryThatCannotBeLookedAt(t *testing.T) {
	backing := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(backing, "bad"), nil, 0o644))
	dir := Mount(t, backing, Habits{LstatFails: map[string]syscall.Errno{"bad": syscall.ESTALE}})
	_, err := os.Lstat(filepath.Join(dir, "bad"))
	require.ErrorIs(t, err, syscall.ESTALE)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestInodeNumbers(t *testing.T) {
	dir, backing := mounted(t, Habits{Inodes: InodesOfLookup})
	p := filepath.Join(dir, "f")
	f, err := os.Open(p)
	require.NoError(t, err)
	open := inode(t, f.Stat)
	lstat := func() (os.FileInfo, error) { return os.Lstat(p) }
	first := inode(t, lstat)
	require.NotEqual(t, first, inode(t, lstat))
	require.Equal(t, open, inode(t, f.Stat))
	require.NoError(t, f.Close())

	var numbers []uint64
	for range 2 {
		p := filepath.Join(Mount(t, backing, Habits{Inodes: InodesOfMount}), "f")
		lstat := func() (os.FileInfo, error) { return os.Lstat(p) }
		require.Equal(t, inode(t, lstat), inode(t, lstat))
		numbers = append(numbers, inode(t, lstat))
	}
	require.NotEqual(t, numbers[0], numbers[1])
}

func TestFlicker(t *testing.T) {
	dir, _ := mounted(t, Habits{Flicker: time.Hour})
	seen := map[time.Time]bool{}
	for range 6 {
		fi, err := os.Stat(filepath.Join(dir, "f"))
		require.NoError(t, err)
		seen[fi.ModTime()] = true
	}
	require.Len(t, seen, 2)
}

func TestFolding(t *testing.T) {
	dir, backing := mounted(t, Habits{Fold: func(s string) string { return FoldCase(FoldForm(s)) }})
	for _, name := range []string{"README", "caf\u00e9"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("first"), 0o644))
	}
	for _, name := range []string{"readme", "cafe\u0301"} {
		_, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		require.ErrorIs(t, err, os.ErrExist)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("2nd"), 0o644))
	}
	entries, err := os.ReadDir(backing)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	got, err := os.ReadFile(filepath.Join(backing, "README"))
	require.NoError(t, err)
	require.Equal(t, "2nd", string(got))
}

func TestLatency(t *testing.T) {
	dir, _ := mounted(t, Habits{Latency: 30 * time.Millisecond})
	start := time.Now()
	_, err := os.ReadFile(filepath.Join(dir, "f"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 60*time.Millisecond, "a lookup and an open at least")
}
