package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

// errLonger means that a file whose size is not known beforehand holds more than the buffer.
var errLonger = errors.New("the file is longer than a block")

// readings is how often a small source is read at most until two readings agree.
const readings = 4

// readSmall reads all that a file of at most one block holds. A file that states the size 0 is read to its end.
func (l *lane) readSmall(f *file, buf []byte) ([]byte, error) {
	n, now, err := l.readFirst(f, buf)
	longer := n > len(buf) || n == len(buf) && f.Info.Size == 0
	switch {
	case err != nil:
		return nil, err
	case longer && now.Size == f.Info.Size: // it states fewer bytes than it has
		f.foundLonger()
		return nil, errLonger
	case f.Info.Size == 0 && now.Size == 0:
	case n < len(buf) || !f.same(now):
		if n, now, err = l.readTwice(f, buf, n, now); err != nil {
			return nil, err
		}
	}
	f.adopt(now)
	l.e.resize(f, int64(n))
	return buf[:n], nil
}

// readFirst reads a file for the first time. It returns more bytes than buf has room for where the file goes on behind its stated size.
func (l *lane) readFirst(f *file, buf []byte) (int, fsys.Info, error) {
	src, _ := l.e.sides(l)
	wide := buf
	if f.Info.Size > 0 && cap(buf) > len(buf) && (l.e.Upload || len(buf) < l.block) {
		wide = buf[:len(buf)+1]
	}
	return readAll(src, f.Src, wide, len(buf))
}

// readAll reads until buf is full or the file ends, and tells what the file is after that.
// One READ that brings enough bytes is enough, though there may be more.
func readAll(src fsys.FS, name string, buf []byte, enough int) (int, fsys.Info, error) {
	h, err := src.Open(name)
	if err != nil {
		return 0, fsys.Info{}, err
	}
	if last, ok := h.(fsys.LastReader); ok {
		n, now, err := last.ReadLast(buf, 0)
		whole := n >= enough || n == 0 && err == io.EOF
		if whole || err != nil && err != io.EOF {
			return n, now, noEOF(err)
		}
		if h, err = src.Open(name); err != nil { // one READ may bring less than there is
			return 0, now, err
		}
	}
	defer h.Close()
	n, err := h.ReadAt(buf, 0)
	if err = noEOF(err); err != nil {
		return n, fsys.Info{}, err
	}
	now, err := h.Stat()
	return n, now, err
}

func noEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// readTwice decides on a first reading of n bytes that ended early, or of a source that is not what was planned: it holds when
// a further reading finds the same bytes and an open file of a size and time that were seen before. So a file of sysfs (which
// states 4096 bytes and has fewer) is copied, and one whose times flicker between replicas, and nothing that is being written.
// Of a file that has grown for the second time the bytes count that were planned.
func (l *lane) readTwice(f *file, buf []byte, n int, now fsys.Info) (int, fsys.Info, error) {
	src, _ := l.e.sides(l)
	size := f.Info.Size
	grows := now.Size > size && f.again
	n = min(n, int(size))
	next := make([]byte, size)
	seen := []int64{f.Info.ModTime.UnixNano(), now.ModTime.UnixNano()}
	for range readings - 1 {
		if now.Size != size && !grows {
			break
		}
		m, then, err := readAll(src, f.Src, next, len(next))
		if err != nil {
			return 0, then, err
		}
		grows = then.Size > size && f.again
		known := grows || then.Size == size && slices.Contains(seen, then.ModTime.UnixNano())
		if known && m == n && bytes.Equal(next[:m], buf[:n]) {
			l.tellHeld(f, int64(n), grows)
			return n, then, nil
		}
		n, now, seen = copy(buf, next[:m]), then, append(seen, then.ModTime.UnixNano())
	}
	return 0, now, l.e.sourceError(f.Src, ErrChanged)
}

// tellHeld tells of a copy that holds something else than the source's size says.
func (l *lane) tellHeld(f *file, held int64, grows bool) {
	switch {
	case grows:
		l.e.Observer.Notice(fmt.Sprintf("%s grows while it is copied: the copy holds its first %d bytes, its size when the copy began", quote.Name(f.Src), held))
	case held > f.Info.Size:
		l.e.endsEarly.Do(func() {
			l.e.Observer.Notice(fmt.Sprintf("%s states %d bytes and holds %d: mscp reads such files to their end", quote.Name(f.Src), f.Info.Size, held))
		})
	case held < f.Info.Size:
		l.e.endsEarly.Do(func() {
			l.e.Observer.Notice(fmt.Sprintf("%s states %d bytes and ends after %d: mscp copies such files as far as they go", quote.Name(f.Src), f.Info.Size, held))
		})
	}
}
