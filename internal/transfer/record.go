package transfer

import (
	"errors"
	"io/fs"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// A journal that fails ends nothing but itself (see [journal.Journal]), so its errors are passed over here.

// recordBegun records, before it is made or emptied, the partial file of a large file: what earlier runs recorded of one that is
// gone must not be believed of the new one, and one that no journal names is never removed.
func (e *engine) recordBegun(f *file) {
	if e.Journal == nil {
		return
	}
	if e.State != nil { // what is recorded now must not be believed on another machine
		<-e.same.number.asked
	}
	_ = e.Journal.File(journal.File{Key: f.key, Src: f.Dst, Part: e.below(f.part)})
	if f.found != nil && f.found.Ranges.End() > 0 {
		_ = e.Journal.Sync()
		return
	}
	_ = e.Journal.Flush()
}

func leftKey(name string) journal.Key { return journal.KeyOf("left", name, 0, time.Time{}, 0, 0) }

// below is a path on the destination without the root, which the next run may name in another way. Its inverse is target.
func (e *engine) below(name string) string {
	root := len(e.target("x")) - 1
	return name[root:]
}

// recordRename records, just before a large file gets its name, how it can be known again under it. A run that dies before
// the commit is written leaves a journal that misses the partial file, and the file in place must not be sent again.
// mod is the partial file's modification time before its attributes are set.
func (e *engine) recordRename(f *file, mod time.Time) {
	if e.Journal == nil || f.inPlace {
		return
	}
	if e.keepsTimes() {
		mod = f.Info.ModTime
	}
	e.Journal.Commit(e.renamedKey(f, f.size(), mod))
	_ = e.Journal.Flush()
}

// recordCommitted records that a file is in place, and what it has gone through.
func (e *engine) recordCommitted(f *file) {
	if e.Journal == nil || f.kept {
		return
	}
	e.Journal.Commit(f.key)
	if e.Verify != nil {
		e.Journal.Commit(e.committedKey(f))
	}
	if f.size() != f.Info.Size {
		e.Journal.Commit(e.sizeKey(f, anySize))
		e.Journal.Commit(e.sizeKey(f, f.size()))
	}
}

// anySize stands for whatever a file holds that does not hold what its source states.
const anySize = -1

func (e *engine) sizeKey(f *file, size int64) journal.Key {
	done := e.committedKey(f)
	return journal.KeyOf("size", string(done[:]), size, time.Time{}, 0, 0)
}

// keptSize tells whether a copy that an earlier run put in place has the size that it had then.
func (e *engine) keptSize(f *file, size int64) bool {
	if e.State.Committed(e.sizeKey(f, anySize)) {
		return e.State.Committed(e.sizeKey(f, size))
	}
	return size == f.Info.Size
}

// committedKey is what tells that nothing is left to do for a file: with Verify, one that was only copied is not done.
func (e *engine) committedKey(f *file) journal.Key {
	if e.Verify == nil {
		return f.key
	}
	return journal.KeyOf("verified", string(f.key[:]), 0, time.Time{}, 0, 0)
}

// renamedEarlier tells whether i is what an earlier run was about to give its name when it ended.
func (e *engine) renamedEarlier(f *file, i fsys.Info) bool {
	return e.State != nil && e.State.Committed(e.renamedKey(f, i.Size, i.ModTime))
}

// renamedKey is that of a copy of this size and modification time; what it says of the time is whole seconds.
func (e *engine) renamedKey(f *file, size int64, mod time.Time) journal.Key {
	done := e.committedKey(f)
	return journal.KeyOf("renamed", string(done[:]), size, time.Unix(mod.Unix(), 0), 0, 0)
}

// recordDir records, before it is made, a directory that is to lose the owner's permissions at the end. It reports
// whether the directory is this job's: without the record, a later run would leave the mode of one that is there alone.
func (e *engine) recordDir(dst fsys.FS, name string, d *plan.Dir) bool {
	if e.Journal == nil || e.Preserve || d.Info.Mode.Perm()&0o700 == 0o700 {
		return false
	}
	key := journal.KeyOf(e.sourceID(d.Src, d.Dst), d.Dst, -1, time.Time{}, 0, 0)
	if e.State != nil && e.State.Committed(key) {
		return true
	}
	if d.Parent == nil || !d.Parent.Made {
		if _, err := dst.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	e.Journal.Commit(key)
	_ = e.Journal.Flush()
	return true
}
