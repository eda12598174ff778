package transfer

import (
	"context"
	"errors"

	"mscp/internal/fsys"
)

// moveSmall copies a file of one block in as few round trips as there can be. Up: open; write, set attributes and close together;
// rename. Down: open; read, stat and close together.
func (l *lane) moveSmall(ctx context.Context, b block, buf []byte) {
	f := b.f
	held, err := l.readSmall(f, buf)
	if errors.Is(err, errLonger) {
		l.moveToEnd(f)
		return
	}
	if err == nil {
		err = l.putSmall(ctx, f, held)
	}
	if err == nil {
		err = l.verifySmall(f, held)
	}
	if l.interrupted(ctx, err) {
		f.doubted = l.e.Upload && !keepsFiles(l.fs)
		l.e.queue.again(b.span)
		return
	}
	if err == nil {
		l.useful.Store(true)
		f.moved.Add(f.size())
		l.e.Counters.Bytes.Add(f.size())
		err = l.completeSmall(f)
	}
	l.end(f, err)
}

// completeSmall puts a file in place that is written, closed and compared.
func (l *lane) completeSmall(f *file) error {
	_, dst := l.e.sides(l)
	if err := l.e.syncFile(dst, f.part); err != nil {
		return err
	}
	if l.e.reopens() && !f.special(dst) {
		if err := l.e.attrResult(dst.SetAttr(f.part, attrOf(f.Info, l.e.Preserve))); err != nil {
			return err
		}
	}
	return l.rename(f)
}

// reopens tells whether a small file is opened again after it was written.
func (e *engine) reopens() bool { return e.Verify != nil || e.Sync }

// earlyAttr is what a small file is given together with its bytes: nothing where it is opened again, which its mode may forbid.
func (e *engine) earlyAttr(f *file) fsys.Attr {
	if e.reopens() {
		return fsys.Attr{}
	}
	return attrOf(f.Info, e.Preserve)
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
	h, err := l.e.output(dst, f, true)
	if err != nil {
		return err
	}
	return l.e.writeSmall(f, h, held)
}

// writeSmall writes all of a file, sets its attributes and closes it.
func (e *engine) writeSmall(f *file, dst fsys.File, buf []byte) error {
	if w, ok := dst.(fsys.LastWriter); ok && !f.inPlace {
		attrErr, err := w.WriteLast(buf, 0, e.earlyAttr(f))
		if err == nil && attrErr != nil {
			_, err = e.trim(e.destination(), f)
		}
		if err != nil {
			return err
		}
		return e.attrResult(attrErr)
	}
	_, err := dst.WriteAt(buf, 0)
	if err == nil && !f.inPlace {
		err = dst.Truncate(f.size())
	}
	if err == nil && !f.special(e.destination()) {
		err = e.attrResult(dst.SetAttr(e.earlyAttr(f)))
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	return err
}
