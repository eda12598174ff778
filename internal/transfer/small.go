package transfer

import (
	"context"
	"io"

	"mscp/internal/fsys"
)

// moveSmall copies a file of one block in as few round trips as there can be. Up: open; write, set attributes and close together;
// rename. Down: open; read, stat and close together.
func (l *lane) moveSmall(ctx context.Context, b block, buf []byte) {
	f := b.f
	var err error
	if l.e.Upload {
		err = l.smallUp(ctx, f, buf)
	} else {
		err = l.smallDown(ctx, f, buf)
	}
	if err == nil {
		err = l.verifySmall(f, buf)
	}
	if l.interrupted(ctx, err) {
		f.doubted = l.e.Upload && !keepsFiles(l.fs)
		l.e.queue.again(b.span)
		return
	}
	if err == nil {
		l.useful.Store(true)
		f.moved.Add(b.len)
		l.e.Counters.Bytes.Add(b.len)
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

func (l *lane) smallUp(ctx context.Context, f *file, buf []byte) error {
	if err := l.readLocal(f, buf); err != nil {
		return err
	}
	if err := l.e.limit.wait(ctx, len(buf), l.lost.Load); err != nil {
		return err
	}
	if f.doubted {
		if err := l.renew(f); err != nil {
			return err
		}
	}
	dst, err := l.e.output(l.fs, f, true)
	if err != nil {
		return err
	}
	return l.e.writeSmall(f, dst, buf)
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
		err = dst.Truncate(f.Info.Size)
	}
	if err == nil && !f.special(e.destination()) {
		err = e.attrResult(dst.SetAttr(e.earlyAttr(f)))
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	return err
}

// readLocal reads a file that is as long as buf, and nothing else.
func (l *lane) readLocal(f *file, buf []byte) error {
	src, err := l.e.Local.Open(f.Src)
	if err != nil {
		return err
	}
	defer src.Close()
	n, err := src.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return err
	}
	now, err := src.Stat()
	if err != nil {
		return err
	}
	if n < len(buf) || !f.same(now) {
		return l.e.sourceError(f.Src, ErrChanged)
	}
	return nil
}

func (l *lane) smallDown(ctx context.Context, f *file, buf []byte) error {
	now, err := l.readRemote(f, buf)
	if err != nil {
		return err
	}
	if !f.same(now) {
		return l.e.sourceError(f.Src, ErrChanged)
	}
	if err := l.e.limit.wait(ctx, len(buf), l.lost.Load); err != nil {
		return err
	}
	dst, err := l.e.output(l.e.Local, f, true)
	if err != nil {
		return err
	}
	return l.e.writeSmall(f, dst, buf)
}

// readRemote reads a file that is as long as buf, and tells what it is after that. A server that answers short is asked again.
func (l *lane) readRemote(f *file, buf []byte) (fsys.Info, error) {
	src, err := l.fs.Open(f.Src)
	if err != nil {
		return fsys.Info{}, err
	}
	if last, ok := src.(fsys.LastReader); ok {
		n, now, err := last.ReadLast(buf, 0)
		if err == io.EOF && len(buf) > 0 {
			return now, l.e.sourceError(f.Src, ErrChanged)
		}
		if n == len(buf) || err != nil && err != io.EOF {
			return now, noEOF(err)
		}
		if src, err = l.fs.Open(f.Src); err != nil {
			return now, err
		}
	}
	defer src.Close()
	if n, err := src.ReadAt(buf, 0); n < len(buf) {
		if err == io.EOF {
			err = l.e.sourceError(f.Src, ErrChanged)
		}
		return fsys.Info{}, err
	}
	return src.Stat()
}

func noEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
