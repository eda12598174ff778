package transfer

import (
	"context"

	"mscp/internal/fsys"
)

// Some servers take a file only from its beginning to its end, and begin it anew at each OPEN (rclone's, without a cache). That shows
// when one refuses a WRITE: then that file is started over, and this one and all that come after it, if they have more than one
// block, are sent by one goroutine each, with one handle and one block in flight.

// restartInOrder queues a file again that was refused because of the order of its blocks. None of its requests is under way any
// more, and its partial file is removed.
func (l *lane) restartInOrder(f *file) bool {
	if !l.e.Upload || f.inOrder || f.single || f.special(l.fs) {
		return false
	}
	l.e.queue.sendInOrder()
	l.e.ordered.Do(func() {
		l.e.Observer.Notice("the server takes a file only from its beginning to its end: each is sent over one connection, one block per round trip")
	})
	l.e.Counters.Bytes.Add(-f.moved.Load())
	l.e.keep(f, -f.had)
	g := l.e.newFile(f.Entry)
	g.again = f.again
	l.e.queue.next(g)
	return true
}

// moveInOrder sends a whole file. Where the lane is lost another one begins again.
func (l *lane) moveInOrder(ctx context.Context, f *file) {
	err := l.sendInOrder(ctx, f)
	if l.interrupted(ctx, err) {
		l.e.Counters.Bytes.Add(-f.moved.Swap(0))
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

func (l *lane) sendInOrder(ctx context.Context, f *file) error {
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
	src, err := l.e.Local.Open(f.Src)
	if err != nil {
		return err
	}
	defer src.Close()
	l.e.recordBegun(f)
	dst, err := l.e.output(l.fs, f, true)
	if err != nil {
		return err
	}
	err = l.writeInOrder(ctx, f, src, dst, buf)
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	return err
}

// writeInOrder records nothing as acknowledged: the next OPEN begins the file anew.
func (l *lane) writeInOrder(ctx context.Context, f *file, src, dst fsys.File, buf []byte) error {
	for off := int64(0); off < f.Info.Size; {
		b := buf[:min(int64(len(buf)), f.Info.Size-off)]
		if err := l.readBlock(f, src, b, off); err != nil {
			return err
		}
		if err := l.e.limit.wait(ctx, len(b), l.lost.Load); err != nil {
			return err
		}
		if _, err := dst.WriteAt(b, off); err != nil {
			return err
		}
		l.useful.Store(true)
		off += int64(len(b))
		f.moved.Add(int64(len(b)))
		l.e.Counters.Bytes.Add(int64(len(b)))
	}
	return nil
}
