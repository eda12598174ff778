// Package memfs is a side of a copy that lives in memory, for tests.
//
// It has what a file system has that copies stumble over: links, modes, times, special files, names of any bytes, and
// files that stay readable after their name is gone. A hook sees every call before it happens: it can count it, hold
// it up, or make it fail. A [Synthetic] directory makes its entries up while they are listed, so that a tree of a
// million files costs no memory. Permissions are kept but not enforced: a hook refuses better.
package memfs

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// Call is one call of a method, as a hook sees it.
type Call struct {
	Op   string // the method in lower case: "stat", "list", "open", "create", "read", "write", "close", "rename", ...
	Path string // as the caller gave it; for a File that of its Open or Create
	To   string // the new name, for "rename"
	Off  int64  // bytes, for "read", "write" and "truncate"
	Len  int    // bytes, for "read" and "write"
}

// FS is a file system in memory. The zero value is not usable; see [New]. The exported fields may be set before its
// first use.
type FS struct {
	Home  string              // where relative paths begin; "/" unless set
	Hook  func(Call) error    // called before each operation, without locks held; its error is the operation's
	Free  *fsys.Space         // what Space reports; nil: not supported
	Umask fs.FileMode         // taken from the modes of what is made
	Fold  func(string) string // names that it maps to the same are one, and the first spelling stays; nil: none
	Clock func() time.Time    // modification times of what is written; nil: they stay as they are
	// Shown changes what is told of a file, named by the path that the caller gave; nil: it is told as it is.
	Shown func(path string, i fsys.Info) fsys.Info

	side  string
	mu    sync.RWMutex // the tree: names, modes, times, targets
	root  *node
	inos  atomic.Uint64
	files atomic.Int64
}

var _ fsys.FS = (*FS)(nil)

// New returns a file system that holds tree, whose keys are paths. Parent directories are made as needed.
func New(side string, tree map[string]Node) *FS {
	f := &FS{side: side, Home: "/"}
	f.root = f.node(Dir())
	for _, p := range slices.Sorted(maps.Keys(tree)) {
		f.Put(p, tree[p])
	}
	return f
}

// Node is a file system object as tests write and read it.
type Node struct {
	Mode      fs.FileMode
	Data      string
	Target    string // of a symbolic link
	ModTime   time.Time
	Access    time.Time
	Synthetic *Synthetic // of a directory: what it holds besides
	Bad       error      // why it cannot be looked at: it has a name in its directory and nothing else
}

// File is a regular file.
func File(data string) Node { return Node{Mode: 0o644, Data: data} }

// Dir is a directory.
func Dir() Node { return Node{Mode: fs.ModeDir | 0o755} }

// Link is a symbolic link.
func Link(target string) Node { return Node{Mode: fs.ModeSymlink | 0o777, Target: target} }

// Special is a file of the given type, such as fs.ModeNamedPipe.
func Special(mode fs.FileMode) Node { return Node{Mode: mode | 0o666} }

// Made is a directory whose entries are made up.
func Made(s Synthetic) Node { return Node{Mode: fs.ModeDir | 0o755, Synthetic: &s} }

// Put makes n at p, replacing what is there, and its parent directories. It panics where a parent is not a directory.
func (f *FS) Put(p string, n Node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := f.root
	parent, name := path.Split(path.Join("/", p))
	for _, part := range strings.FieldsFunc(parent, func(r rune) bool { return r == '/' }) {
		if dir.kids[part] == nil {
			dir.kids[part] = f.node(Dir())
		}
		if dir = dir.kids[part]; !dir.mode.IsDir() {
			panic("memfs: a parent of " + p + " is not a directory")
		}
	}
	if name == "" {
		f.root = f.node(n)
		return
	}
	dir.kids[name] = f.node(n)
}

// Tree returns everything that is stored, by absolute path without the root. Times are left out.
func (f *FS) Tree() map[string]Node {
	f.mu.RLock()
	defer f.mu.RUnlock()
	all := make(map[string]Node)
	f.root.collect("", all)
	return all
}

// OpenFiles returns how many files are open.
func (f *FS) OpenFiles() int { return int(f.files.Load()) }

// Side names the file system in errors.
func (f *FS) Side() string { return f.side }

// call tells the hook, then runs op under the lock that l is, and says where an error came from.
func (f *FS) call(c Call, l sync.Locker, op func() error) error {
	err := f.hook(c)
	if err == nil {
		l.Lock()
		err = op()
		l.Unlock()
	}
	return f.wrap(c.Op, c.Path, err)
}

func (f *FS) hook(c Call) error {
	if f.Hook == nil {
		return nil
	}
	return f.Hook(c)
}

func (f *FS) wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fsys.Error{Side: f.side, Op: op, Path: name, Err: err}
}

// shown is what is told of a node.
func (f *FS) shown(n *node, p string) fsys.Info {
	i := n.info(bytepath.Base(p))
	if f.Shown != nil {
		i = f.Shown(p, i)
	}
	return i
}

func (f *FS) now(old time.Time) time.Time {
	if f.Clock == nil {
		return old
	}
	return f.Clock()
}
