package transfer

import (
	"errors"
	"fmt"
	"io/fs"

	"mscp/internal/fsys"
)

// Some file systems have no modes or no times (FAT, CIFS, many of FUSE), or do not let everybody set them. Without -p that costs one
// notice. With it each file fails whose attributes could not be set, and it is in place all the same, as with cp -p, scp -p and rsync
// -pt (docs/design/attributes.md).

// refusesAttr tells errors that come from the file system or the server not keeping attributes.
func refusesAttr(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, fsys.ErrUnsupported) || errors.Is(err, fsys.ErrFailure)
}

// setAttr gives a partial file its attributes.
func (e *engine) setAttr(dst fsys.FS, f *file) error {
	return e.attrResult(f, dst.SetAttr(f.part, e.fileAttr(f)))
}

// attrResult lets a file go on whose attributes could not be set.
func (e *engine) attrResult(f *file, err error) error {
	if err == nil || !refusesAttr(err) {
		f.attrErr = nil
		return err
	}
	if e.Preserve {
		f.attrErr = withoutAttr(err)
		return nil
	}
	e.tellNoAttr(err)
	return nil
}

// dirAttrResult is attrResult for a directory, which is in place already.
func (e *engine) dirAttrResult(err error) error {
	if err == nil || !refusesAttr(err) {
		return err
	}
	if e.Preserve {
		return withoutAttr(err)
	}
	e.tellNoAttr(err)
	return nil
}

// withoutAttr is the failure of what is in place all the same.
func withoutAttr(err error) error {
	return fmt.Errorf("in place, but without its attributes (-p): %w", err)
}

func (e *engine) tellNoAttr(err error) {
	e.noAttr.Do(func() {
		e.Observer.Notice(fmt.Sprintf("the destination does not keep file modes: %v", err))
	})
}

// keepsTimes tells whether a copy is given its source's modification time: the next run with SkipUnchanged goes by it.
func (e *engine) keepsTimes() bool { return e.Preserve || e.SkipUnchanged }

// fileAttr is what a copy is given of its source's attributes.
func (e *engine) fileAttr(f *file) fsys.Attr {
	a := attrOf(f.Info, e.Preserve)
	if e.keepsTimes() {
		a.Times = attrOf(f.Info, true).Times
	}
	return a
}
