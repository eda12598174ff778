package transfer

import (
	"io/fs"
	"slices"
	"sync"

	"mscp/internal/fsys"
)

// remote is the server's side for metadata: each call goes to one of the open lanes in turn, and to another one when that
// is lost before it answers. Calls that are not safe to repeat (MKDIR, RENAME, REMOVE) may then report what
// their own first try did.
type remote struct {
	mu     sync.Mutex
	added  sync.Cond // to all, or closed
	all    []*lane
	next   int
	closed bool
	side   string

	// alone makes a call over a lane of its own: see tryAlone. nil: there is no such lane.
	alone func(op, name string, call func(fsys.FS) error) (tried bool, err error)
}

func newRemote(first fsys.FS) *remote {
	r := &remote{side: first.Side()}
	r.added.L = &r.mu
	return r
}

func (r *remote) add(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, l)
	r.added.Broadcast()
}

// close makes calls fail that find no lane.
func (r *remote) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.added.Broadcast()
}

func (r *remote) remove(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(x *lane) bool { return x == l })
}

// pick waits until there is a lane, or no hope of one.
func (r *remote) pick() *lane {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.all) == 0 && !r.closed {
		r.added.Wait()
	}
	if len(r.all) == 0 {
		return nil
	}
	r.next++
	return r.all[r.next%len(r.all)]
}

// do calls on one lane after the other until one is not lost. What has lost several is tried alone.
func (r *remote) do(op, name string, call func(fsys.FS) error) error {
	var err error = &fsys.Error{Side: r.side, Op: op, Path: name, Err: fsys.ErrLost}
	for losses := 0; ; losses++ {
		if losses >= lossesShared && r.alone != nil {
			if tried, err := r.alone(op, name, call); tried {
				return err
			}
		}
		l := r.pick()
		if l == nil {
			return err
		}
		if err = call(l.fs); !fsys.Lost(err) {
			l.useful.Store(true)
			return err
		}
		l.retire(err)
	}
}

func (r *remote) Side() string { return r.side }

func (r *remote) Stat(name string) (i fsys.Info, err error) {
	err = r.do("stat", name, func(f fsys.FS) error { i, err = f.Stat(name); return err })
	return i, err
}

func (r *remote) Lstat(name string) (i fsys.Info, err error) {
	err = r.do("lstat", name, func(f fsys.FS) error { i, err = f.Lstat(name); return err })
	return i, err
}

// List goes on behind the entries that were handed over before a lane was lost: a directory that does not change
// is listed in the same order again.
func (r *remote) List(name string, fn func(fsys.Info) error) error {
	seen := 0
	return r.do("list", name, func(f fsys.FS) error {
		skip := seen
		return f.List(name, func(i fsys.Info) error {
			if skip > 0 {
				skip--
				return nil
			}
			seen++
			return fn(i)
		})
	})
}

func (r *remote) RealPath(name string) (p string, err error) {
	err = r.do("resolve", name, func(f fsys.FS) error { p, err = f.RealPath(name); return err })
	return p, err
}

func (r *remote) Open(name string) (file fsys.File, err error) {
	err = r.do("open", name, func(f fsys.FS) error { file, err = f.Open(name); return err })
	return file, err
}

func (r *remote) Create(name string, perm fs.FileMode, truncate bool) (file fsys.File, err error) {
	err = r.do("create", name, func(f fsys.FS) error { file, err = f.Create(name, perm, truncate); return err })
	return file, err
}

func (r *remote) Edit(name string) (file fsys.File, err error) {
	err = r.do("open", name, func(f fsys.FS) error { file, err = f.Edit(name); return err })
	return file, err
}

func (r *remote) Mkdir(name string, perm fs.FileMode) error {
	return r.do("make directory", name, func(f fsys.FS) error { return f.Mkdir(name, perm) })
}

func (r *remote) SetAttr(name string, a fsys.Attr) error {
	return r.do("set attributes of", name, func(f fsys.FS) error { return f.SetAttr(name, a) })
}

func (r *remote) Rename(oldname, newname string) (atomic bool, err error) {
	err = r.do("rename to", newname, func(f fsys.FS) error { atomic, err = f.Rename(oldname, newname); return err })
	return atomic, err
}

func (r *remote) Remove(name string) error {
	return r.do("remove", name, func(f fsys.FS) error { return f.Remove(name) })
}

func (r *remote) Space(name string) (s fsys.Space, err error) {
	err = r.do("ask for the space of", name, func(f fsys.FS) error { s, err = f.Space(name); return err })
	return s, err
}
