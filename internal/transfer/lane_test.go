package transfer

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// fate is what happens to one call on a lane.
type fate int

const (
	well       fate = iota
	refused         // an error of the file
	lostBefore      // the lane is lost before the server has done it
	lostAfter       // done, but the answer is lost with the lane
	hangs           // until the lane is closed
)

var errRefused = errors.New("refused")

// testLane is a lane to a file system in memory.
type testLane struct {
	to      *memfs.FS
	conn    int
	block   int
	plain   bool // no LastReader, LastWriter
	removes bool // no rename that replaces
	whole   bool // as rclone: each OPEN for writing empties the file, and takes it only in order; no fsync
	fate    func(memfs.Call) fate

	rtt       time.Duration
	handles   int              // that the server keeps open
	slowClose time.Duration    // of its files
	sizes     map[string]int64 // by base name: lies about them

	once   sync.Once
	closed chan struct{}
}

func newTestLane(to *memfs.FS, conn, block int) *testLane {
	return &testLane{to: to, conn: conn, block: block, handles: 1 << 10, closed: make(chan struct{})}
}

func (l *testLane) FS() Remote { return (*laneFS)(l) }
func (l *testLane) Conn() int  { return l.conn }
func (l *testLane) Use()       {}

func (l *testLane) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *testLane) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// call does one call as its fate wants it.
func (l *testLane) call(c memfs.Call, do func() error) error {
	what := well
	if l.fate != nil {
		what = l.fate(c)
	}
	lost := &fsys.Error{Side: l.to.Side(), Op: c.Op, Path: c.Path, Err: fsys.ErrLost}
	if what == lostBefore {
		l.Close()
	}
	if what == hangs {
		<-l.closed
	}
	if l.isClosed() {
		return lost
	}
	if what == refused {
		return &fsys.Error{Side: l.to.Side(), Op: c.Op, Path: c.Path, Err: errRefused}
	}
	err := do()
	if what == lostAfter {
		l.Close()
	}
	if l.isClosed() {
		return lost
	}
	return err
}

// lied is what the server tells of a file.
func (l *testLane) lied(i fsys.Info) fsys.Info {
	if size, ok := l.sizes[i.Name]; ok {
		i.Size = size
	}
	return i
}

// laneFS is the Remote of a testLane.
type laneFS testLane

func (f *laneFS) lane() *testLane    { return (*testLane)(f) }
func (f *laneFS) Block() int         { return f.block }
func (f *laneFS) Handles() int       { return f.handles }
func (f *laneFS) RTT() time.Duration { return f.rtt }
func (f *laneFS) Side() string       { return f.to.Side() }

func (f *laneFS) Stat(name string) (i fsys.Info, err error) {
	err = f.lane().call(memfs.Call{Op: "stat", Path: name}, func() error { i, err = f.to.Stat(name); return err })
	return f.lane().lied(i), err
}

func (f *laneFS) Lstat(name string) (i fsys.Info, err error) {
	err = f.lane().call(memfs.Call{Op: "lstat", Path: name}, func() error { i, err = f.to.Lstat(name); return err })
	return i, err
}

func (f *laneFS) List(name string, fn func(fsys.Info) error) error {
	return f.lane().call(memfs.Call{Op: "list", Path: name}, func() error {
		return f.to.List(name, func(i fsys.Info) error {
			if err := f.lane().call(memfs.Call{Op: "entry", Path: name}, func() error { return nil }); err != nil {
				return err
			}
			return fn(f.lane().lied(i))
		})
	})
}

func (f *laneFS) RealPath(name string) (p string, err error) {
	err = f.lane().call(memfs.Call{Op: "realpath", Path: name}, func() error { p, err = f.to.RealPath(name); return err })
	return p, err
}

func (f *laneFS) Mkdir(name string, perm fs.FileMode) error {
	return f.lane().call(memfs.Call{Op: "mkdir", Path: name}, func() error { return f.to.Mkdir(name, perm) })
}

func (f *laneFS) SetAttr(name string, a fsys.Attr) error {
	return f.lane().call(memfs.Call{Op: "setattr", Path: name}, func() error { return f.to.SetAttr(name, a) })
}

func (f *laneFS) Rename(from, to string) (atomic bool, err error) {
	err = f.lane().call(memfs.Call{Op: "rename", Path: from, To: to}, func() error { atomic, err = f.to.Rename(from, to); return err })
	return atomic && !f.removes, err
}

func (f *laneFS) Remove(name string) error {
	return f.lane().call(memfs.Call{Op: "remove", Path: name}, func() error { return f.to.Remove(name) })
}

func (f *laneFS) Space(name string) (s fsys.Space, err error) {
	err = f.lane().call(memfs.Call{Op: "space", Path: name}, func() error { s, err = f.to.Space(name); return err })
	return s, err
}

func (f *laneFS) Open(name string) (fsys.File, error) {
	return f.open(memfs.Call{Op: "open", Path: name}, func() (fsys.File, error) { return f.to.Open(name) })
}

func (f *laneFS) Create(name string, perm fs.FileMode, truncate bool) (fsys.File, error) {
	truncate = truncate || f.whole
	return f.open(memfs.Call{Op: "create", Path: name}, func() (fsys.File, error) { return f.to.Create(name, perm, truncate) })
}

func (f *laneFS) Make(name string, final fs.FileMode) (fsys.File, error) {
	return f.open(memfs.Call{Op: "create", Path: name}, func() (fsys.File, error) { return f.to.Make(name, final) })
}

func (f *laneFS) CanSync() bool { return !f.whole }

func (f *laneFS) Edit(name string) (fsys.File, error) {
	if f.whole {
		return f.Create(name, 0o600, true)
	}
	return f.open(memfs.Call{Op: "open", Path: name}, func() (fsys.File, error) { return f.to.Edit(name) })
}

// open closes what a lost lane had opened: the server does so when a channel ends.
func (f *laneFS) open(c memfs.Call, do func() (fsys.File, error)) (fsys.File, error) {
	var opened fsys.File
	err := f.lane().call(c, func() (err error) { opened, err = do(); return err })
	if err != nil {
		if opened != nil {
			opened.Close()
		}
		return nil, err
	}
	file := &laneFile{File: opened, l: f.lane(), name: c.Path}
	if f.plain {
		return file, nil
	}
	return &lastFile{file}, nil
}

type laneFile struct {
	fsys.File
	l    *testLane
	name string
	next atomic.Int64 // offset
}

func (f *laneFile) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.l.call(memfs.Call{Op: "read", Path: f.name, Off: off, Len: len(p)}, func() error { n, err = f.File.ReadAt(p, off); return err })
	return n, err
}

func (f *laneFile) WriteAt(p []byte, off int64) (n int, err error) {
	if len(p) > f.l.block {
		return 0, errors.New("more than a block")
	}
	err = f.l.call(memfs.Call{Op: "write", Path: f.name, Off: off, Len: len(p)}, func() error {
		if f.l.whole && !f.next.CompareAndSwap(off, off+int64(len(p))) {
			return &fsys.Error{Side: f.l.to.Side(), Op: "write", Path: f.name, Err: fsys.ErrSequential}
		}
		n, err = f.File.WriteAt(p, off)
		return err
	})
	return n, err
}

func (f *laneFile) Stat() (i fsys.Info, err error) {
	err = f.l.call(memfs.Call{Op: "fstat", Path: f.name}, func() error { i, err = f.File.Stat(); return err })
	return f.l.lied(i), err
}

func (f *laneFile) SetAttr(a fsys.Attr) error {
	return f.l.call(memfs.Call{Op: "fsetattr", Path: f.name}, func() error { return f.File.SetAttr(a) })
}

// Close closes the file also where its fate is another: a lost channel's files are closed by the server.
func (f *laneFile) Close() error {
	time.Sleep(f.l.slowClose)
	cerr := f.File.Close()
	return f.l.call(memfs.Call{Op: "close", Path: f.name}, func() error { return cerr })
}

// lastFile does its last calls together, as SFTP does.
type lastFile struct{ *laneFile }

func (f *lastFile) ReadLast(p []byte, off int64) (int, fsys.Info, error) {
	defer f.Close()
	n, err := f.ReadAt(p, off)
	if err != nil && err != io.EOF {
		return n, fsys.Info{}, err
	}
	i, serr := f.Stat()
	if serr != nil {
		err = serr
	}
	return n, i, err
}

func (f *lastFile) WriteLast(p []byte, off int64, a fsys.Attr) (attrErr, err error) {
	_, err = f.WriteAt(p, off)
	attrErr = f.SetAttr(a)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return attrErr, err
}
