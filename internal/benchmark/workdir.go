package benchmark

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"mscp/internal/bytepath"
)

// DirPrefix begins the name of every directory that a benchmark makes, on either side.
const DirPrefix = "mscp-bench-"

// lockName is a file in a local one, locked as long as its run lives. A directory whose lock is free was left by a run that was killed.
const lockName = ".lock"

// Workdir is a Store on this machine: a new directory, removed by Close.
type Workdir struct {
	dir  string
	lock *os.File
	once sync.Once
	err  error
}

// NewWorkdir makes a directory below parent.
func NewWorkdir(parent string) (*Workdir, error) {
	parent, err := realDir(parent)
	if err != nil {
		return nil, err
	}
	if err := CheckPath(parent); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, DirPrefix)
	if err != nil {
		return nil, err
	}
	w := &Workdir{dir: dir}
	if err := w.claim(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), w.Close())
	}
	return w, nil
}

// realDir resolves what the user named, once: the paths below it may then be cleaned, as filepath.WalkDir does.
func realDir(dir string) (string, error) {
	dir, err := bytepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// claim makes the lock under another name: under its own, another run could find it before it is held.
func (w *Workdir) claim() (err error) {
	name := bytepath.Join(w.dir, lockName)
	if w.lock, err = os.OpenFile(name+".new", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := unix.Flock(int(w.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// Path implements Store.
func (w *Workdir) Path() string { return w.dir }

// Local implements Store.
func (w *Workdir) Local() bool { return true }

func (w *Workdir) at(name string) string { return bytepath.Join(w.dir, bytepath.Base(name)) }

// Usage implements Store.
func (w *Workdir) Usage(name string) (files, bytes int64, err error) {
	err = filepath.WalkDir(w.at(name), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files++
			bytes += info.Size()
		}
		return err
	})
	return files, bytes, err
}

// Zeros implements Store.
func (w *Workdir) Zeros(name string, size int64) error {
	f, err := os.Create(w.at(name))
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// Remove implements Store. What a tool copied may hold directories that their owner cannot write to.
func (w *Workdir) Remove(name string) error { return removeAll(w.at(name)) }

// Free implements Store.
func (w *Workdir) Free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(w.dir, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: w.dir, Err: err}
	}
	free := int64(s.Bavail) * int64(s.Bsize)
	if inMemory(&s) {
		free = min(free, memoryFree("/"))
	}
	return free, nil
}

// Close implements Store.
func (w *Workdir) Close() error {
	w.once.Do(func() {
		w.err = removeAll(w.dir)
		if w.lock != nil {
			w.err = errors.Join(w.err, w.lock.Close())
		}
	})
	return w.err
}

func removeAll(path string) error {
	_ = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700) // RemoveAll tells if it did not help
		}
		return nil
	})
	return os.RemoveAll(path)
}

// Leftovers are the directories below parent that runs which were killed have left.
func Leftovers(parent string) (dirs []string) {
	parent, err := realDir(parent)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		dir := bytepath.Join(parent, e.Name())
		if e.IsDir() && strings.HasPrefix(e.Name(), DirPrefix) && abandoned(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// abandoned reports whether a directory is this user's and nobody holds its lock. One without a lock is not ours, or is just being made. What
// other users put into a directory that is open to all can be anything, so a lock is opened without waiting and through no link.
func abandoned(dir string) bool {
	var s unix.Stat_t
	if err := unix.Lstat(dir, &s); err != nil || int(s.Uid) != os.Geteuid() {
		return false
	}
	f, err := os.OpenFile(bytepath.Join(dir, lockName), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) == nil // shared: others may look at the same time
}

// RemoveLeftover removes a directory that Leftovers named, unless somebody uses it by now.
func RemoveLeftover(dir string) error {
	if !abandoned(dir) {
		return fmt.Errorf("%s: another benchmark uses it", dir)
	}
	return removeAll(dir)
}
