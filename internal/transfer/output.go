package transfer

import (
	"errors"
	"io/fs"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// create makes the partial file of an upload or a download, or opens the one that is there. It is never emptied: what an earlier run left
// there is of the same source in the same state, and all that is not known to be right is written again. So neither a second run of the job
// elsewhere nor an OPEN that a dead connection's server carries out late can take away what has been acknowledged. What --inplace overwrites
// is emptied by whoever opens it first.
func (l *lane) create(dst fsys.FS, f *file) (fsys.File, error) {
	if f.verifying {
		return l.e.openAgain(dst, f)
	}
	if err := fits(dst, f); err != nil {
		return nil, err
	}
	h, err := l.e.make(dst, f)
	if errors.Is(err, fs.ErrExist) && careful(dst) {
		f.doubted = true
		if err := l.renew(f); err != nil {
			return nil, err
		}
		l.e.recordBegun(f)
		h, err = l.e.make(dst, f)
	}
	return h, err
}

// longName is the length, in bytes, from which a name may be too long for a file system in use (143 on eCryptfs).
const longName = 144

// fits makes sure, before a large file is sent, that its name is not too long for the destination. Its partial file's name never is, so
// that otherwise the rename would tell.
func fits(dst fsys.FS, f *file) error {
	if f.single || f.inPlace || len(bytepath.Base(f.dst)) < longName {
		return nil
	}
	if _, err := dst.Lstat(f.dst); err != nil && !fsys.Missing(err) {
		return err
	}
	return nil
}

// make opens the file for the first time. A careful server is not asked to open one that is there: it may empty it, or take no data.
func (e *engine) make(dst fsys.FS, f *file) (fsys.File, error) {
	h, err := permitted(dst, f, func() (fsys.File, error) {
		m, ok := dst.(fsys.Maker)
		if !ok || f.inPlace {
			return dst.Create(f.part, 0o600, f.inPlace)
		}
		h, err := m.Make(f.part, f.Info.Mode)
		f.fresh = err == nil
		if errors.Is(err, fs.ErrExist) && !careful(dst) {
			return dst.Create(f.part, 0o600, false)
		}
		return h, err
	})
	if fsys.Lost(err) && !f.inPlace {
		e.doubtful.add(late{part: f.part, parent: f.Parent})
	}
	return h, err
}

// openAgain opens a partial file that was made before, to fill it or to compare it. Where it is missing it is not made anew: somebody has
// removed it, or the lane leads to another machine.
func (e *engine) openAgain(dst fsys.FS, f *file) (fsys.File, error) {
	h, err := permitted(dst, f, func() (fsys.File, error) {
		switch {
		case f.verifying:
			return dst.Open(f.part)
		case f.device:
			return e.openToFill(dst, f)
		}
		h, err := dst.Edit(f.part) // some servers take WRITE with CREAT for reading
		if err == nil || fsys.Lost(err) || errors.Is(err, fs.ErrNotExist) || careful(dst) && !f.inPlace {
			return h, err
		}
		return e.openToFill(dst, f) // it may be written and not read
	})
	if errors.Is(err, fs.ErrNotExist) && !f.verifying {
		err = &fsys.Error{Side: dst.Side(), Op: "write", Path: f.dst, Err: ErrGone}
	}
	return h, err
}

// openToFill opens a file only for writing.
func (e *engine) openToFill(dst fsys.FS, f *file) (fsys.File, error) {
	h, err := dst.Create(f.part, 0o600, false)
	if fsys.Lost(err) && !f.inPlace {
		e.doubtful.add(late{part: f.part, parent: f.Parent})
	}
	return h, err
}

// permitted opens a partial file of which an earlier run was killed when it had set a mode that forbids it.
func permitted(dst fsys.FS, f *file, open func() (fsys.File, error)) (fsys.File, error) {
	h, err := open()
	if errors.Is(err, fs.ErrPermission) && !f.inPlace {
		mode := fs.FileMode(0o600)
		if dst.SetAttr(f.part, fsys.Attr{Mode: &mode}) == nil {
			return open()
		}
	}
	return h, err
}
