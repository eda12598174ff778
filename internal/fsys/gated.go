package fsys

import (
	"io/fs"
	"os"
	"time"
)

// gated makes the calls of an operations through a gate.
type gated struct {
	ops  operations
	gate *gate
}

func (g gated) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return g.gate.open(func() (*os.File, error) { return g.ops.OpenFile(name, flag, perm) })
}

func (g gated) Stat(name string) (fi fs.FileInfo, err error) {
	err = g.gate.call(func() (err error) { fi, err = g.ops.Stat(name); return err })
	return fi, err
}

func (g gated) Lstat(name string) (fi fs.FileInfo, err error) {
	err = g.gate.call(func() (err error) { fi, err = g.ops.Lstat(name); return err })
	return fi, err
}

func (g gated) Mkdir(name string, perm fs.FileMode) error {
	return g.gate.call(func() error { return g.ops.Mkdir(name, perm) })
}

func (g gated) Chmod(name string, mode fs.FileMode) error {
	return g.gate.call(func() error { return g.ops.Chmod(name, mode) })
}

func (g gated) Chtimes(name string, atime, mtime time.Time) error {
	return g.gate.call(func() error { return g.ops.Chtimes(name, atime, mtime) })
}

func (g gated) Rename(oldname, newname string) error {
	return g.gate.call(func() error { return g.ops.Rename(oldname, newname) })
}

func (g gated) Remove(name string) error {
	return g.gate.call(func() error { return g.ops.Remove(name) })
}
