package fsys

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"mscp/internal/bytepath"
)

// operations are what Local needs of the operating system: *os.Root has them below a directory, plainOS anywhere.
type operations interface {
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	Mkdir(name string, perm fs.FileMode) error
	Chmod(name string, mode fs.FileMode) error
	Chtimes(name string, atime, mtime time.Time) error
	Rename(oldname, newname string) error
	Remove(name string) error
}

type plainOS struct{}

func (plainOS) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}
func (plainOS) Stat(name string) (fs.FileInfo, error)     { return os.Stat(name) }
func (plainOS) Lstat(name string) (fs.FileInfo, error)    { return os.Lstat(name) }
func (plainOS) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }
func (plainOS) Chmod(name string, mode fs.FileMode) error { return os.Chmod(name, mode) }
func (plainOS) Chtimes(name string, a, m time.Time) error { return os.Chtimes(name, a, m) }
func (plainOS) Rename(oldname, newname string) error      { return os.Rename(oldname, newname) }
func (plainOS) Remove(name string) error                  { return os.Remove(name) }

// Local is the file system of this machine.
type Local struct {
	dir     string // of the root; empty for all of the file system
	ops     operations
	gate    *gate
	escapes error // what os.Root returns for a path that leaves it: os does not export it
}

// NewLocal returns the whole local file system: for sources, and to find where things land. How many calls it makes at once, and how many
// files it holds open, is bounded by what the process may have; calls beyond wait. A process makes one, and its roots of that.
func NewLocal() *Local { return newLocal(processLimits()) }

func newLocal(l limits) *Local {
	g := newGate(l)
	return &Local{ops: gated{plainOS{}, g}, gate: g}
}

// Root is a Local below one directory. Nothing outside it can be reached, neither by a name with ".." in it nor by
// a symbolic link: that is [ErrEscapes].
type Root struct {
	Local
	root rootOperations
}

// rootOperations are operations below one directory, until Close.
type rootOperations interface {
	operations
	io.Closer
}

// OpenRoot opens a directory for a tree to be written below it, with bounds of its own.
func OpenRoot(dir string) (*Root, error) { return NewLocal().OpenRoot(dir) }

// OpenRoot opens a directory for a tree to be written below it, within l's bounds.
func (l *Local) OpenRoot(dir string) (*Root, error) {
	var r rootOperations
	var outside error
	err := l.gate.call(func() (err error) { r, outside, err = openBeneath(dir); return err })
	if err != nil {
		return nil, localErr("open", dir, err)
	}
	return &Root{Local{dir, gated{r, l.gate}, l.gate, outside}, r}, nil
}

// Close closes the directory; open files stay usable.
func (r *Root) Close() error { return r.root.Close() }

// Side implements FS.
func (l *Local) Side() string { return "local" }

func (l *Local) shown(name string) string {
	switch {
	case l.dir == "":
		return name
	case name == ".":
		return l.dir
	}
	return bytepath.Join(l.dir, name)
}

func local(name string) string {
	if name == "" {
		return "."
	}
	return name
}

func (l *Local) failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if l.escapes != nil && errors.Is(err, l.escapes) {
		err = ErrEscapes
	}
	return localErr(op, l.shown(name), err)
}

// Stat implements FS.
func (l *Local) Stat(name string) (Info, error) {
	fi, err := l.ops.Stat(local(name))
	if err != nil {
		return Info{}, l.failed("stat", name, err)
	}
	return localInfo(fi), nil
}

// Lstat implements FS.
func (l *Local) Lstat(name string) (Info, error) {
	fi, err := l.ops.Lstat(local(name))
	if err != nil {
		return Info{}, l.failed("lstat", name, err)
	}
	return localInfo(fi), nil
}

// RealPath implements FS.
func (l *Local) RealPath(name string) (string, error) {
	p, err := bytepath.Abs(l.shown(local(name))) // first: EvalSymlinks cleans a relative path by its text
	if err == nil {
		err = l.gate.call(func() (err error) { p, err = filepath.EvalSymlinks(p); return err })
	}
	return p, l.failed("resolve", name, err)
}

// Open implements FS.
func (l *Local) Open(name string) (File, error) { return l.open("open", name, os.O_RDONLY, 0) }

// Create implements FS.
func (l *Local) Create(name string, perm fs.FileMode, truncate bool) (File, error) {
	flag := os.O_WRONLY | os.O_CREATE
	if truncate {
		flag |= os.O_TRUNC
	}
	return l.open("create", name, flag, perm)
}

// Edit implements FS.
func (l *Local) Edit(name string) (File, error) { return l.open("open", name, os.O_RDWR, 0) }

// SyncDir puts the names in a directory on stable storage. A directory that may be written and not read cannot be synced.
func (l *Local) SyncDir(name string) error {
	d, err := l.ops.OpenFile(local(name), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		err = ErrUnsupported
	}
	if err != nil {
		return l.failed(opSync, name, err)
	}
	err = l.gate.call(func() error { return firstOf(d.Sync(), d.Close()) })
	return l.failed(opSync, name, err)
}

func (l *Local) open(op, name string, flag int, perm fs.FileMode) (File, error) {
	free := l.gate.take(l.gate.files)
	f, err := l.ops.OpenFile(local(name), flag, perm.Perm())
	if err != nil {
		free()
		return nil, l.failed(op, name, err)
	}
	return &localFile{File: f, l: l, name: name, free: sync.OnceFunc(free)}, nil
}

// Mkdir implements FS.
func (l *Local) Mkdir(name string, perm fs.FileMode) error {
	return l.failed("make directory", name, l.ops.Mkdir(local(name), perm.Perm()))
}

// SetAttr implements FS.
func (l *Local) SetAttr(name string, a Attr) error {
	var err error
	if a.Mode != nil {
		err = l.failed(opMode, name, l.ops.Chmod(local(name), *a.Mode))
	}
	return firstOf(err, l.setTimes(name, a.Times))
}

// setTimes is tried where the mode could not be set, too: what a file system can keep it keeps.
func (l *Local) setTimes(name string, t *Times) error {
	if t == nil {
		return nil
	}
	return l.failed(opTimes, name, l.ops.Chtimes(local(name), t.Access, t.Mod))
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// Rename implements FS.
func (l *Local) Rename(oldname, newname string) (bool, error) {
	err := l.ops.Rename(oldname, newname)
	if errors.Is(err, syscall.EISDIR) || errors.Is(err, fs.ErrExist) {
		if i, lerr := l.Lstat(newname); lerr == nil && i.IsDir() {
			err = ErrIsDir
		}
	}
	return true, l.failed("rename to", newname, err)
}

// Remove implements FS.
func (l *Local) Remove(name string) error { return l.failed("remove", name, l.ops.Remove(name)) }

// localFile is an open local file.
type localFile struct {
	*os.File
	l    *Local
	name string
	free func() // gives back its place among the open files, once

	mu      sync.Mutex
	written int64 // bytes, to what has no position
	taken   int64 // bytes, from what has no position
}

func (f *localFile) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	return f.l.failed(op, f.name, err)
}

func (f *localFile) ReadAt(p []byte, off int64) (int, error) {
	f.l.gate.calls.take()
	n, err := f.File.ReadAt(p, off)
	f.l.gate.calls.free()
	if errors.Is(err, syscall.ESPIPE) {
		n, err = f.readNext(p, off)
	}
	return n, f.failed("read", err)
}

// readNext reads a file that has no position, as some of FUSE and /proc: it gives its data only in their order.
func (f *localFile) readNext(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off != f.taken {
		return 0, syscall.ESPIPE
	}
	f.l.gate.calls.take()
	n, err := io.ReadFull(f.File, p)
	f.l.gate.calls.free()
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	f.taken += int64(n)
	return n, err
}

func (f *localFile) WriteAt(p []byte, off int64) (int, error) {
	f.l.gate.calls.take()
	n, err := f.File.WriteAt(p, off)
	f.l.gate.calls.free()
	if errors.Is(err, syscall.ESPIPE) {
		n, err = f.writeNext(p, off)
	}
	return n, f.failed("write", err)
}

// writeNext writes to what has no position, a FIFO or a terminal: data must come in its order.
func (f *localFile) writeNext(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off != f.written {
		return 0, ErrSequential
	}
	n, err := f.File.Write(p)
	f.written += int64(n)
	return n, err
}

func (f *localFile) Stat() (Info, error) {
	f.l.gate.calls.take()
	fi, err := f.File.Stat()
	f.l.gate.calls.free()
	if err != nil {
		return Info{}, f.failed("stat", err)
	}
	return localInfo(fi), nil
}

func (f *localFile) Truncate(size int64) error {
	return f.failed("truncate", f.l.gate.call(func() error { return f.File.Truncate(size) }))
}

func (f *localFile) Sync() error { return f.failed(opSync, f.l.gate.call(f.File.Sync)) }

func (f *localFile) Close() error {
	defer f.free()
	return f.failed("close", f.l.gate.call(f.File.Close))
}

// SetAttr sets times by name: Go has no futimens, and the name is a partial file of ours.
func (f *localFile) SetAttr(a Attr) error {
	var err error
	if a.Mode != nil {
		err = f.failed(opMode, f.l.gate.call(func() error { return f.File.Chmod(*a.Mode) }))
	}
	return firstOf(err, f.l.setTimes(f.name, a.Times))
}
