package benchmark

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func helpers() map[string]func([]string) error {
	return map[string]func([]string) error{"workdir": keepWorkdir, "nobody": nobodyCloses, "sshd": keepSSHD}
}

// keepWorkdir is the helper "workdir PARENT": it says the name of its directory.
func keepWorkdir(args []string) error {
	w, err := NewWorkdir(args[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.Path(), dataName), []byte("data"), 0o600); err != nil {
		return err
	}
	stay(w.Path())
	return w.Close()
}

// fillReadOnly makes a tree that its owner can neither list nor change.
func fillReadOnly(dir string) error {
	deep := filepath.Join(dir, outName, "a", "b")
	return errors.Join(os.MkdirAll(deep, 0o755), os.WriteFile(filepath.Join(deep, "f"), []byte("f"), 0o400),
		os.Chmod(deep, 0o500), os.Chmod(filepath.Dir(deep), 0o100), os.Chmod(filepath.Join(dir, outName), 0))
}

// nobodyCloses is the helper "nobody PARENT": permissions mean nothing to root.
func nobodyCloses(args []string) error {
	if os.Geteuid() == 0 {
		if err := errors.Join(syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
			return err
		}
	}
	w, err := NewWorkdir(args[0])
	if err != nil {
		return err
	}
	if err := fillReadOnly(w.Path()); err != nil {
		return err
	}
	if err := w.Remove(outName); err != nil {
		return err
	}
	if err := fillReadOnly(w.Path()); err != nil {
		return err
	}
	stay("ready")
	return w.Close()
}

func newWorkdir(t *testing.T, parent string) *Workdir {
	w, err := NewWorkdir(parent)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func TestWorkdirsSideBySide(t *testing.T) {
	parent := t.TempDir()
	var all [8]*Workdir
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			all[i], _ = NewWorkdir(parent)
			for range 20 {
				if left := Leftovers(parent); len(left) > 0 {
					t.Errorf("%q lives", left)
				}
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	for _, w := range all {
		require.NotNil(t, w)
		require.Equal(t, parent, filepath.Dir(w.Path()))
		require.True(t, strings.HasPrefix(filepath.Base(w.Path()), "mscp-bench-"))
		require.False(t, seen[w.Path()])
		seen[w.Path()] = true
		require.Error(t, RemoveLeftover(w.Path()), "it is in use")
		require.DirExists(t, w.Path())
	}
	for _, w := range all {
		require.NoError(t, w.Close())
		require.NoError(t, w.Close())
		require.NoDirExists(t, w.Path())
	}
	require.Empty(t, Leftovers(parent))
}

func TestWorkdirOfAKilledRun(t *testing.T) {
	parent := t.TempDir()
	outside := filepath.Join(parent, "outside")
	require.NoError(t, os.MkdirAll(outside, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "kept"), nil, 0o644))
	alive := startHelper(t, "workdir", parent)
	dead := startHelper(t, "workdir", parent)
	require.Empty(t, Leftovers(parent))
	require.NoError(t, os.Symlink(outside, filepath.Join(dead.said, "link")))

	dead.kill()
	require.Equal(t, []string{dead.said}, Leftovers(parent))
	require.Equal(t, []string{dead.said}, Leftovers(parent), "looking changes nothing")
	require.NoError(t, RemoveLeftover(dead.said))
	require.NoDirExists(t, dead.said)
	require.FileExists(t, filepath.Join(outside, "kept"))
	require.Empty(t, Leftovers(parent))

	require.Error(t, RemoveLeftover(alive.said))
	alive.end(t)
	require.NoDirExists(t, alive.said)
}

// What looks like a leftover and may be somebody's.
func TestLeftoversAreOurs(t *testing.T) {
	parent, foreign := t.TempDir(), t.TempDir()
	make := func(name string) string {
		dir := filepath.Join(parent, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		return dir
	}
	lock := func(dir string) { require.NoError(t, os.WriteFile(filepath.Join(dir, lockName), nil, 0o600)) }
	make("mscp-bench-without-a-lock")
	lock(make("mscp-demo-123"))
	lock(make("other"))
	lock(foreign)
	require.NoError(t, os.Symlink(foreign, filepath.Join(parent, "mscp-bench-link")))
	require.NoError(t, os.WriteFile(filepath.Join(parent, "mscp-bench-file"), nil, 0o600))
	require.NoError(t, os.Symlink(filepath.Join(foreign, lockName), filepath.Join(make("mscp-bench-linked-lock"), lockName)))
	waiting := make("mscp-bench-fifo")
	require.NoError(t, syscall.Mkfifo(filepath.Join(waiting, lockName), 0o600))
	if os.Geteuid() == 0 {
		theirs := make("mscp-bench-theirs")
		lock(theirs)
		require.NoError(t, os.Chown(theirs, 65534, 65534))
	}
	left := Leftovers(parent)
	require.Subset(t, []string{waiting}, left) // a pipe that is ours can be locked, too: what matters is that nobody waits for it
	require.Error(t, RemoveLeftover(foreign+"/none"))
	require.Error(t, RemoveLeftover(filepath.Join(parent, "mscp-bench-without-a-lock")))
	require.Empty(t, Leftovers(filepath.Join(parent, "none")))
}

func TestWorkdirRemovesWhatIsReadOnly(t *testing.T) {
	parent, err := os.MkdirTemp("", "workdir") // t.TempDir is below a directory that others cannot enter
	require.NoError(t, err)
	defer os.RemoveAll(parent)
	require.NoError(t, os.Chmod(parent, 0o777))
	h := startHelper(t, "nobody", parent)
	require.Equal(t, "ready", h.said)
	h.end(t)
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestWorkdirFollowsNoLink(t *testing.T) {
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "kept"), []byte("kept"), 0o444))
	require.NoError(t, os.Chmod(outside, 0o555))
	w := newWorkdir(t, t.TempDir())
	out := filepath.Join(w.Path(), outName)
	for _, remove := range []func() error{func() error { return w.Remove(outName) }, w.Close} {
		require.NoError(t, os.Mkdir(out, 0o755))
		require.NoError(t, os.Symlink(outside, filepath.Join(out, "dir")))
		require.NoError(t, os.Symlink(filepath.Join(outside, "kept"), filepath.Join(out, "file")))
		files, _, err := w.Usage(outName)
		require.NoError(t, err)
		require.Zero(t, files)
		require.NoError(t, remove())
		require.NoDirExists(t, out)
		require.FileExists(t, filepath.Join(outside, "kept"))
		info, err := os.Stat(outside)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o555), info.Mode().Perm())
	}
	require.NoError(t, os.Chmod(outside, 0o755))

	linked := newWorkdir(t, t.TempDir()) // the name itself is a link
	require.NoError(t, os.Symlink(outside, filepath.Join(linked.Path(), outName)))
	require.NoError(t, linked.Remove(outName))
	require.FileExists(t, filepath.Join(outside, "kept"))
}

func TestWorkdirStore(t *testing.T) {
	w := newWorkdir(t, t.TempDir())
	require.True(t, w.Local())
	require.NoError(t, w.Zeros(zerosName, 5<<20))
	files, bytes, err := w.Usage(zerosName)
	require.NoError(t, err)
	require.Equal(t, [2]int64{1, 5 << 20}, [2]int64{files, bytes})
	require.NoError(t, w.Remove(zerosName))
	require.NoError(t, w.Remove(zerosName))
	_, _, err = w.Usage(zerosName)
	require.ErrorIs(t, err, os.ErrNotExist)
	free, err := w.Free()
	require.NoError(t, err)
	require.Positive(t, free)

	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(w.Path()), "kept"), nil, 0o644))
	require.NoError(t, w.Remove("../kept")) // a name is never a way out
	require.FileExists(t, filepath.Join(filepath.Dir(w.Path()), "kept"))
}

func TestWorkdirIsRefused(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "a b")
	require.NoError(t, os.Mkdir(odd, 0o755))
	_, err := NewWorkdir(odd)
	require.ErrorAs(t, err, new(*SpecError))
	_, err = NewWorkdir(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
