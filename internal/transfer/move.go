package transfer

import (
	"context"
	"errors"
	"io"

	"mscp/internal/fsys"
)

// move does one block, and decides by its error what becomes of it.
func (l *lane) move(ctx context.Context, b block, buf []byte) {
	switch {
	case b.kind == begin:
		l.begin(ctx, b.f)
	case b.kind == commit:
		l.commit(b.f)
	case b.kind == inOrder:
		l.moveInOrder(ctx, b.f)
	case b.h == nil:
		l.moveSmall(ctx, b, buf)
	default:
		l.moveBlock(ctx, b, buf)
	}
}

func (l *lane) moveBlock(ctx context.Context, b block, buf []byte) {
	f := b.f
	if f.failed() == nil {
		err := l.copyBlock(ctx, b, buf)
		if l.interrupted(ctx, err) {
			f.shaken.Store(true)
			l.e.queue.again(b.span)
			l.release(f, b.h)
			return
		}
		if f.sampled && cannotSay(err) {
			err = nil
		}
		if err != nil {
			f.fail(err)
		} else {
			l.useful.Store(true)
			l.e.acknowledged(f, b.span)
		}
	}
	last := f.left.Add(-b.len) == 0
	l.release(f, b.h)
	if last {
		f.handles.Wait() // other lanes' closes; nothing of this file is handed out any more
		f.closeLocal(!l.e.Upload)
		if !l.verify(ctx, f) {
			l.commit(f)
		}
	}
}

// acknowledged counts a block that has arrived, or that was found equal.
func (e *engine) acknowledged(f *file, s span) {
	if f.verifying {
		if !f.grown && !f.sampled {
			e.Counters.Verified.Add(s.len)
		}
		return
	}
	f.moved.Add(s.len)
	f.acknowledged(s)
	e.Counters.Bytes.Add(s.len)
	if e.Journal != nil {
		e.Journal.Acked(f.key, s.off, s.len)
	}
}

// interrupted tells an error that says nothing of the file: the lane is gone, or the copy is being ended.
func (l *lane) interrupted(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	if fsys.Lost(err) {
		l.retire(err)
		return true
	}
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

func (l *lane) copyBlock(ctx context.Context, b block, buf []byte) error {
	src, dst, err := l.open(b.f, b.h)
	if err != nil {
		return err
	}
	if err := l.readBlock(b.f, src, buf, b.off); err != nil {
		return err
	}
	if l.e.Upload && !b.f.verifying && b.off+b.len == b.f.Info.Size && goesOn(src, b.f.Info.Size) {
		b.f.foundLonger()
		return l.e.sourceError(b.f.Src, ErrChanged)
	}
	if b.f.verifying {
		return l.compareBlock(b.f, dst, buf, b.off)
	}
	if err := l.e.limit.wait(ctx, len(buf), l.lost.Load); err != nil {
		return err
	}
	_, err = dst.WriteAt(buf, b.off)
	return err
}

// readBlock fills buf from a source, which is as long as was planned or has changed.
func (l *lane) readBlock(f *file, src fsys.File, buf []byte, off int64) error {
	n, err := src.ReadAt(buf, off)
	if n < len(buf) {
		if err == nil || err == io.EOF {
			f.endedEarly()
			return l.e.sourceError(f.Src, ErrChanged)
		}
		return err
	}
	return nil
}

// goesOn tells whether a source holds more than the size that it states, and goes on stating that.
func goesOn(src fsys.File, size int64) bool {
	var next [1]byte
	if n, _ := src.ReadAt(next[:], size); n == 0 {
		return false
	}
	now, err := src.Stat()
	return err == nil && now.Size == size
}

func (e *engine) sourceError(src string, err error) error {
	return &fsys.Error{Side: e.source().Side(), Op: "read", Path: src, Err: err}
}

// open returns both sides of a large file. The local file is opened once for all lanes, the remote one once for each.
func (l *lane) open(f *file, h *handle) (src, dst fsys.File, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.f == nil {
		if err := l.prepare(f, h); err != nil {
			return nil, nil, err
		}
	}
	if l.e.Upload {
		return f.local, h.f, nil
	}
	return h.f, f.local, nil
}

// prepare opens what the lane still needs. The destination is emptied by whoever opens it first, and nobody opens
// it before that is done.
func (l *lane) prepare(f *file, h *handle) error {
	if err := l.first(f, h); err != nil || h.f != nil {
		return err
	}
	var err error
	if l.e.Upload {
		h.f, err = l.e.openAgain(l.fs, f)
	} else {
		h.f, err = l.fs.Open(f.Src)
	}
	return err
}

// first opens the local file and makes the partial one, unless that is done.
func (l *lane) first(f *file, h *handle) (err error) {
	f.opening.Lock()
	defer f.opening.Unlock()
	if !f.created {
		if f.doubted && !f.verifying {
			if err := l.renew(f); err != nil {
				return err
			}
		}
		l.e.recordBegun(f)
	}
	if f.local == nil {
		if l.e.Upload {
			f.local, err = l.e.Local.Open(f.Src)
			f.sawOpened()
		} else {
			f.local, err = l.localOutput(f)
			l.e.same.traces.begin(f)
		}
		if err != nil {
			return err
		}
	}
	if !f.created {
		if h.f, err = l.create(l.fs, f); err != nil {
			return err
		}
		f.created = true
		l.e.same.traces.begin(f)
	}
	return nil
}

// localOutput opens a download's partial file, which is made where an earlier run has not left it.
func (l *lane) localOutput(f *file) (fsys.File, error) {
	if f.created {
		return l.e.openAgain(l.e.Local, f)
	}
	h, err := l.create(l.e.Local, f)
	f.created = err == nil
	return h, err
}

// closeLocal ends the local side. A written file's close can fail.
func (f *file) closeLocal(written bool) {
	f.opening.Lock()
	defer f.opening.Unlock()
	if f.local == nil {
		return
	}
	if err := f.local.Close(); err != nil && written {
		f.fail(err)
	}
	f.local = nil
}
