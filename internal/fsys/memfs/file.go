package memfs

import (
	"io"
	"io/fs"
	"sync/atomic"

	"mscp/internal/fsys"
)

// maxFile keeps a wrong offset from taking all memory.
const maxFile = 1 << 32

// file is an open file. One that Open returned cannot be written, one that Create returned cannot be read, one that Edit returned can
// be both: SFTP opens them so.
type file struct {
	fs      *FS
	node    *node
	name    string
	read    bool
	write   bool
	regular bool // of the node when it was opened: its mode is guarded by the tree's lock
	closed  atomic.Bool
}

// Open opens a file for reading.
func (f *FS) Open(name string) (fsys.File, error) {
	var opened *file
	err := f.call(Call{Op: "open", Path: name}, f.mu.RLocker(), func() error {
		p, err := f.existing(name, true)
		if err != nil {
			return err
		}
		if p.node.mode.IsDir() {
			return fsys.ErrIsDir
		}
		opened = f.open(p.node, name, true, false)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// Create opens a file for writing and makes it where it does not exist.
func (f *FS) Create(name string, perm fs.FileMode, truncate bool) (fsys.File, error) {
	return f.create(name, perm, truncate, false)
}

// Make implements fsys.Maker.
func (f *FS) Make(name string, _ fs.FileMode) (fsys.File, error) {
	return f.create(name, 0o600, false, true)
}

func (f *FS) create(name string, perm fs.FileMode, truncate, anew bool) (fsys.File, error) {
	var opened *file
	err := f.call(Call{Op: "create", Path: name}, &f.mu, func() error {
		p, err := f.find(name, true)
		if err == nil && p.node != nil && anew {
			return fs.ErrExist
		}
		if err == nil && p.node == nil {
			if err = f.add(p, Node{Mode: perm.Perm() &^ f.Umask}); err == nil {
				p.node = p.dir.kids[p.name]
			}
		}
		switch {
		case err != nil:
			return err
		case p.node.mode.IsDir():
			return fsys.ErrIsDir
		case p.node.ino == 0:
			return fsys.ErrReadOnly
		}
		if truncate && p.node.mode.IsRegular() {
			p.node.resize(0)
		}
		opened = f.open(p.node, name, false, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// Edit opens a file that exists for reading and writing.
func (f *FS) Edit(name string) (fsys.File, error) {
	var opened *file
	err := f.call(Call{Op: "open", Path: name}, &f.mu, func() error {
		p, err := f.existing(name, true)
		switch {
		case err != nil:
			return err
		case p.node.mode.IsDir():
			return fsys.ErrIsDir
		case p.node.ino == 0:
			return fsys.ErrReadOnly
		}
		opened = f.open(p.node, name, true, true)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

func (f *FS) open(n *node, name string, read, write bool) *file {
	f.files.Add(1)
	return &file{fs: f, node: n, name: name, read: read, write: write, regular: n.mode.IsRegular()}
}

// begin tells the hook and checks that the file may be used so.
func (f *file) begin(c Call, allowed bool) error {
	c.Path = f.name
	err := f.fs.hook(c)
	switch {
	case err != nil:
	case f.closed.Load():
		err = fs.ErrClosed
	case !allowed:
		err = fs.ErrPermission
	}
	return f.fs.wrap(c.Op, f.name, err)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.begin(Call{Op: "read", Off: off, Len: len(p)}, f.read); err != nil {
		return 0, err
	}
	n := f.node
	n.data.RLock()
	defer n.data.RUnlock()
	if off >= n.size {
		return 0, io.EOF
	}
	count := int(min(int64(len(p)), n.size-off))
	filled := 0
	if off < int64(len(n.buf)) {
		filled = copy(p[:count], n.buf[off:])
	}
	clear(p[filled:count])
	if count < len(p) {
		return count, io.EOF
	}
	return count, nil
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if err := f.begin(Call{Op: "write", Off: off, Len: len(p)}, f.write); err != nil {
		return 0, err
	}
	if !f.regular {
		return len(p), nil // a device takes everything
	}
	if off < 0 || off > maxFile {
		return 0, f.fs.wrap("write", f.name, fsys.ErrTooLarge)
	}
	f.touch()
	n := f.node
	n.data.Lock()
	defer n.data.Unlock()
	n.grow(off + int64(len(p)))
	return copy(n.buf[off:], p), nil
}

// touch sets the modification time, which the tree's lock guards.
func (f *file) touch() {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.mod = f.fs.now(f.node.mod)
}

// grow makes the file at least size bytes long. The data lock is held.
func (n *node) grow(size int64) {
	if more := size - int64(len(n.buf)); more > 0 {
		n.buf = append(n.buf, make([]byte, more)...)
	}
	n.size = int64(len(n.buf))
}

func (n *node) resize(size int64) {
	n.data.Lock()
	defer n.data.Unlock()
	n.buf = n.buf[:min(size, int64(len(n.buf)))]
	n.grow(size)
}

func (f *file) Stat() (fsys.Info, error) {
	if err := f.begin(Call{Op: "fstat"}, true); err != nil {
		return fsys.Info{}, err
	}
	f.fs.mu.RLock()
	defer f.fs.mu.RUnlock()
	return f.fs.shown(f.node, f.name), nil
}

func (f *file) Truncate(size int64) error {
	if err := f.begin(Call{Op: "truncate", Off: size}, f.write); err != nil {
		return err
	}
	if size < 0 || size > maxFile {
		return f.fs.wrap("truncate", f.name, fsys.ErrTooLarge)
	}
	if f.regular {
		f.node.resize(size)
	}
	return nil
}

func (f *file) SetAttr(a fsys.Attr) error {
	if err := f.begin(Call{Op: "fsetattr"}, true); err != nil {
		return err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.setAttr(a)
	return nil
}

func (f *file) Sync() error { return f.begin(Call{Op: "sync"}, f.write) }

// Close closes the file even where the hook refuses.
func (f *file) Close() error {
	err := f.begin(Call{Op: "close"}, true)
	if !f.closed.Swap(true) {
		f.fs.files.Add(-1)
	}
	return err
}
