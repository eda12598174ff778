package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"

	"mscp/internal/fsys"
)

// A file goes as a stream, by one goroutine with one handle on each side and one block in flight, where the server takes it only so
// (order.go), and where its end is not known beforehand: it states the size 0 and holds more than a small buffer, or ends before
// the size that it states.

// moveToEnd has a file go as a stream to its end.
func (l *lane) moveToEnd(f *file) {
	f.toEnd, f.inOrder = true, true
	l.e.queue.again(span{f: f, kind: inOrder})
}

// moveInOrder copies a whole file. Where the lane is lost another one begins again.
func (l *lane) moveInOrder(ctx context.Context, f *file) {
	var err error
	if l.e.Upload {
		err = l.renew(f)
	}
	if err == nil {
		err = l.copyInOrder(ctx, f)
	}
	if l.interrupted(ctx, err) {
		l.e.Counters.Bytes.Add(-f.moved.Swap(0))
		f.doubted = l.e.Upload
		l.e.queue.again(span{f: f, kind: inOrder})
		return
	}
	if err != nil {
		f.fail(err)
	}
	if !l.verify(ctx, f) {
		l.commit(f)
	}
}

func (l *lane) copyInOrder(ctx context.Context, f *file) error {
	var buf []byte
	select {
	case buf = <-l.large:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.large <- buf }()
	if buf == nil {
		buf = make([]byte, l.block)
	}
	from, to := l.e.sides(l)
	src, err := from.Open(f.Src)
	if err != nil {
		return err
	}
	defer src.Close()
	l.e.recordBegun(f)
	dst, err := l.create(to, f)
	if err != nil {
		return err
	}
	sum := sha256.New()
	err = l.writeInOrder(ctx, f, src, dst, buf, sum)
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err == nil && f.toEnd {
		err = l.checkToEnd(f, src, buf, sum.Sum(nil))
	}
	return err
}

// writeInOrder records nothing as acknowledged: the next OPEN begins the file anew. Of a file that is read to its end it makes a digest.
func (l *lane) writeInOrder(ctx context.Context, f *file, src, dst fsys.File, buf []byte, sum hash.Hash) error {
	off, end := int64(0), f.end()
	for off < end {
		b := buf[:min(int64(len(buf)), end-off)]
		n, err := l.readNext(f, src, b, off)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if f.toEnd {
			sum.Write(b[:n])
		}
		if err := l.writeNext(ctx, f, dst, b[:n], off); err != nil {
			return err
		}
		off += int64(n)
	}
	l.e.resize(f, off)
	return nil
}

// end is where a stream ends at the latest.
func (f *file) end() int64 {
	if f.toEnd && (f.Info.Size == 0 || f.longer) {
		return maxSize
	}
	return f.Info.Size
}

// readNext returns 0 at the end of a file that is read to its end.
func (l *lane) readNext(f *file, src fsys.File, b []byte, off int64) (int, error) {
	if !f.toEnd {
		return len(b), l.readBlock(f, src, b, off)
	}
	n, err := src.ReadAt(b, off)
	return n, noEOF(err)
}

func (l *lane) writeNext(ctx context.Context, f *file, dst fsys.File, b []byte, off int64) error {
	if err := l.e.limit.wait(ctx, len(b), l.lost.Load); err != nil {
		return err
	}
	if _, err := dst.WriteAt(b, off); err != nil {
		return err
	}
	l.useful.Store(true)
	n := int64(len(b))
	if off+n > f.size() {
		l.e.resize(f, off+n)
	}
	f.moved.Add(n)
	l.e.Counters.Bytes.Add(n)
	return nil
}

// checkToEnd checks a stream whose digest is sum. One that ended before the size that its source states must end there
// again, with the same bytes. With Verify the copy is read back: what was read counts, since a further reading may be
// another one (/proc).
func (l *lane) checkToEnd(f *file, src fsys.File, buf, sum []byte) error {
	if f.size() < f.Info.Size {
		again, n, err := digest(src, buf, f.Info.Size)
		if err != nil {
			return err
		}
		now, err := src.Stat()
		if err != nil {
			return err
		}
		if n != f.size() || now.Size != f.Info.Size || !bytes.Equal(again, sum) {
			return l.e.sourceError(f.Src, ErrChanged)
		}
		l.tellHeld(f, f.size(), false)
	}
	if f.Info.Size > 0 && f.size() > f.Info.Size {
		l.tellHeld(f, f.size(), false)
	}
	_, to := l.e.sides(l)
	if l.e.Verify == nil || f.special(to) {
		return nil
	}
	return l.verifyStream(f, to, buf, sum)
}

func (l *lane) verifyStream(f *file, to fsys.FS, buf, sum []byte) error {
	h, err := to.Open(f.part)
	if err != nil {
		return err
	}
	defer h.Close()
	got, _, err := digest(h, buf, f.size())
	if err != nil {
		return err
	}
	if !bytes.Equal(got, sum) {
		return &VerifyError{f.Src, -1}
	}
	l.e.Counters.Verified.Add(f.size())
	return nil
}

// digest reads a file to its end, or to most bytes.
func digest(h fsys.File, buf []byte, most int64) (sum []byte, n int64, err error) {
	made := sha256.New()
	for n < most {
		m, err := h.ReadAt(buf[:min(int64(len(buf)), most-n)], n)
		made.Write(buf[:m])
		n += int64(m)
		if err == io.EOF || err == nil && m == 0 {
			break
		}
		if err != nil {
			return nil, n, err
		}
	}
	return made.Sum(nil), n, nil
}
