package transfer

import (
	"errors"
	"io/fs"
	"time"

	"mscp/internal/fsys"
)

// commit puts a file in place whose bytes are all acknowledged, or clears up after one that failed. It goes by names alone, so that
// another lane can do it again when this one is lost on the way.
func (l *lane) commit(f *file) {
	l.sampleEnded(f)
	err := f.failed()
	if err == nil {
		err = l.finish(f)
	}
	if err == nil {
		err = f.attrErr
	}
	if errors.Is(err, errGrown) {
		l.compareGrown(f)
		return
	}
	l.end(f, err)
}

// end reports what became of a file, or gives it back to be committed by another lane.
func (l *lane) end(f *file, err error) {
	if err != nil && !fsys.Lost(err) {
		f.fail(err)
		err = l.discard(f)
	}
	if fsys.Lost(err) {
		l.retire(err)
		f.recommit = true
		l.e.queue.again(span{f: f, kind: commit})
		return
	}
	if err := f.failed(); err != nil {
		again, serr := l.restart(f)
		if fsys.Lost(serr) {
			l.retire(serr)
			l.e.queue.again(span{f: f, kind: commit})
			return
		}
		if again {
			l.e.same.traces.end(f, false)
			return
		}
	}
	l.e.endFile(f, f.failed())
}

// restart queues a file anew that failed for a reason which may be gone by then.
func (l *lane) restart(f *file) (bool, error) {
	differs := new(VerifyError)
	switch err := f.failed(); {
	case (f.inOrder || careful(l.fs) && !f.single) && errors.As(err, &differs):
		return l.restartDiffering(f, differs), nil
	case errors.Is(err, fsys.ErrSequential):
		return l.restartInOrder(f), nil
	case errors.Is(err, fsys.ErrShared):
		return l.restartShared(f), nil
	case (f.shaken.Load() || f.found != nil) && renews(l.fs) && l.e.Upload && errors.Is(err, fsys.ErrFailure), errors.Is(err, errOverlong):
		return l.restartElsewhere(f), nil
	}
	return l.restartChanged(f)
}

// finish checks the source, sets the attributes and renames.
func (l *lane) finish(f *file) error {
	src, dst := l.e.sides(l)
	now, err := src.Stat(f.Src)
	if err != nil {
		return err
	}
	if err := l.settled(f, now); err != nil {
		return err
	}
	if f.special(dst) {
		return nil
	}
	mod, err := l.e.trim(dst, f)
	if err != nil {
		return l.renamedBefore(f, err)
	}
	if err := l.e.syncFile(dst, f.part); err != nil {
		return err
	}
	if err := l.e.setAttr(dst, f); err != nil {
		return l.renamedBefore(f, err)
	}
	l.e.recordRename(f, mod)
	return l.rename(f)
}

// trim makes sure of the size of what was written. It is longer where somebody else has written to the partial file, which is
// never emptied. It returns the modification time.
func (e *engine) trim(dst fsys.FS, f *file) (time.Time, error) {
	i, err := dst.Stat(f.part)
	if err == nil && i.Size > f.size() && careful(dst) && !f.inPlace {
		return i.ModTime, errOverlong
	}
	if err == nil && i.Size > f.size() {
		if err = e.cut(dst, f); err == nil {
			i, err = dst.Stat(f.part)
		}
	}
	if err == nil && i.Size != f.size() {
		err = &fsys.Error{Side: dst.Side(), Op: "write", Path: f.dst, Err: ErrShort}
	}
	return i.ModTime, err
}

// errOverlong is a partial file on a careful server that holds more than was written. It is not cut, which some of them take for
// emptying it, but written anew.
var errOverlong = errors.New("the destination holds more than was written")

func (e *engine) cut(dst fsys.FS, f *file) error {
	h, err := dst.Edit(f.part)
	if err != nil {
		return err
	}
	err = h.Truncate(f.size())
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}

// special tells a destination that is no regular file: it has no size to keep, and its attributes are not ours.
func (f *file) special(dst fsys.FS) bool {
	if !f.inPlace {
		return false
	}
	i, err := dst.Stat(f.dst)
	return err == nil && !i.IsRegular()
}

// rename gives the partial file its final name.
func (l *lane) rename(f *file) error {
	if f.inPlace {
		return nil
	}
	_, dst := l.e.sides(l)
	atomic, err := dst.Rename(f.part, f.dst)
	if err != nil {
		return l.renamedBefore(f, err)
	}
	if !atomic {
		l.e.notAtomic.Do(func() {
			l.e.Observer.Notice("the server cannot rename over an existing file (no posix-rename@openssh.com): " +
				"a replaced file is missing for a moment")
		})
	}
	return l.e.syncDir(dst, f.dst)
}

// renamedBefore forgives an error that comes from a rename which succeeded without our knowing: its answer was lost with its lane, or
// the server did it only now for an earlier run that is dead. The partial file is gone, and the final name has what was copied.
func (l *lane) renamedBefore(f *file, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, dst := l.e.sides(l)
	i, serr := dst.Stat(f.dst)
	switch {
	case fsys.Lost(serr):
		return serr
	case serr == nil && i.IsRegular() && i.Size == f.size() && (f.recommit || l.e.renamedEarlier(f, i)):
		return nil
	}
	return err
}

// discard removes the partial file of a file that failed. Only a lost lane is an error.
func (l *lane) discard(f *file) error {
	if f.inPlace {
		return nil
	}
	_, dst := l.e.sides(l)
	if err := dst.Remove(f.part); fsys.Lost(err) {
		return err
	}
	return nil
}
