package transfer

import (
	"context"
	"errors"

	"mscp/internal/fsys"
)

// copySmall copies a file of one block in as few round trips as there can be. Up: open; write, set attributes and close together;
// rename. Down: open; read, stat and close together. With a careful server each of these waits for the one before.
func (l *lane) copySmall(ctx context.Context, b block, buf []byte) {
	f := b.f
	err := l.fillSmall(ctx, f, buf)
	switch {
	case errors.Is(err, errLonger):
		l.moveToEnd(f)
		return
	case l.interrupted(ctx, err):
		f.doubted = l.e.Upload && renews(l.fs)
		l.e.queue.again(b.span)
		return
	case errors.Is(err, errUnproven), errors.Is(err, fsys.ErrShared) && l.sharedAgain(f):
		f.doubted = l.e.Upload
		l.e.queue.again(b.span)
		return
	}
	if err == nil {
		l.useful.Store(true)
		f.moved.Add(f.size())
		l.e.Counters.Bytes.Add(f.size())
		err = l.completeSmall(f)
	}
	if err == nil {
		err = f.attrErr
	}
	l.end(f, err)
}

// fillSmall makes the partial file, or what is in place of it, and compares it where that is asked for.
func (l *lane) fillSmall(ctx context.Context, f *file, buf []byte) error {
	before := l.e.proof.differed.Load()
	held, err := l.readSmall(f, buf)
	if err == nil && !l.e.Upload {
		err = l.proveSource(f, held, before)
	}
	if err == nil {
		err = l.putSmall(ctx, f, held)
	}
	if err == nil && f.proves {
		err = l.proveContent(f, held)
	}
	if err == nil {
		err = l.verifySmall(f, held)
	}
	return err
}

// completeSmall puts a file in place that is written, closed and compared.
func (l *lane) completeSmall(f *file) error {
	_, dst := l.e.sides(l)
	if err := l.e.syncFile(dst, f.part); err != nil {
		return err
	}
	if l.e.reopens(f) && !f.special(dst) {
		if err := l.e.setAttr(dst, f); err != nil {
			return err
		}
	}
	err := l.rename(f)
	if err == nil && f.proves {
		l.e.proof.renamed.Store(true)
	} else if err != nil && f.proves && !fsys.Lost(err) && !l.e.proof.renamed.Load() && !f.inPlace {
		if rerr := l.tryRename(f); errors.Is(rerr, ErrNoRename) {
			return rerr
		}
	}
	return err
}

// reopens tells whether a small file is opened again after it was written. Its mode may forbid that, so it gets that last.
func (e *engine) reopens(f *file) bool {
	return e.Verify != nil || e.Sync || f.proves && f.Info.Mode.Perm()&0o400 == 0
}

// earlyAttr is what a small file is given together with its bytes.
func (e *engine) earlyAttr(f *file) fsys.Attr {
	if e.reopens(f) {
		return fsys.Attr{}
	}
	return e.fileAttr(f)
}

// putSmall writes what a file holds to its partial file.
func (l *lane) putSmall(ctx context.Context, f *file, held []byte) error {
	if err := l.e.limit.wait(ctx, len(held), l.lost.Load); err != nil {
		return err
	}
	if f.doubted {
		if err := l.renew(f); err != nil {
			return err
		}
	}
	_, dst := l.e.sides(l)
	h, err := l.create(dst, f)
	if err != nil {
		return err
	}
	return l.writeSmall(f, h, held)
}

// writeSmall writes all of a file, sets its attributes and closes it.
func (l *lane) writeSmall(f *file, dst fsys.File, held []byte) error {
	if w, ok := dst.(fsys.LastWriter); ok && f.fresh {
		attrErr, err := w.WriteLast(held, 0, l.e.earlyAttr(f))
		if err != nil {
			return err
		}
		return l.e.attrResult(f, attrErr)
	}
	_, err := dst.WriteAt(held, 0)
	if err == nil && !f.inPlace {
		err = shorten(dst, f.size())
	}
	_, side := l.e.sides(l)
	if err == nil && !f.special(side) {
		err = l.e.attrResult(f, dst.SetAttr(l.e.earlyAttr(f)))
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	return err
}

// shorten ends a file at a size where it is longer. A size that need not be set is not sent: some servers empty the file for it.
func shorten(h fsys.File, size int64) error {
	i, err := h.Stat()
	if err == nil && i.Size > size {
		err = h.Truncate(size)
	}
	return err
}
