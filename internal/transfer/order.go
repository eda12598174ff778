package transfer

import (
	"context"
	"crypto/rand"
	"fmt"

	"mscp/internal/fsys"
)

// Some servers take a file only from its beginning to its end, or begin it anew when it is opened again (rclone's). That is found out
// before the first file of several blocks is sent (keeps.go), or shows when a WRITE is refused: then that file is started over. This
// one and all that come after it, if they have more than one block, are sent by one goroutine each, with one handle and one block in
// flight, to a partial file that is opened once: another attempt has another one.

// restartInOrder queues a file again that was refused because of the order of its blocks. None of its requests is under way any
// more, and its partial file is removed.
func (l *lane) restartInOrder(f *file) bool {
	if !l.e.Upload || f.inOrder || f.single || f.special(l.fs) {
		return false
	}
	l.e.sendInOrder()
	l.startOver(f, f.again)
	return true
}

// restartDiffering queues a file again that was sent in order and differs, once: no block of it can be sent by itself.
func (l *lane) restartDiffering(f *file, off int64) bool {
	if f.again || f.special(l.fs) {
		return false
	}
	l.e.Observer.Notice(fmt.Sprintf("%q: the copy differs from the source at byte %d: it is sent again", f.Src, off))
	l.startOver(f, true)
	return true
}

func (l *lane) startOver(f *file, again bool) {
	l.e.Counters.Bytes.Add(-f.moved.Load())
	l.e.keep(f, -f.had)
	g := l.e.newFile(f.Entry)
	g.again = again
	l.e.queue.next(g)
}

// sendInOrder has all larger files sent in order from now on.
func (e *engine) sendInOrder() {
	e.queue.sendInOrder()
	e.ordered.Do(func() {
		e.Observer.Notice("the server takes a file only from its beginning to its end: each is sent over one connection, one block per round trip")
	})
}

// moveInOrder sends a whole file. Where the lane is lost another one begins again.
func (l *lane) moveInOrder(ctx context.Context, f *file) {
	err := l.renew(f)
	if err == nil {
		err = l.sendInOrder(ctx, f)
	}
	if l.interrupted(ctx, err) {
		l.e.Counters.Bytes.Add(-f.moved.Swap(0))
		f.doubted = true
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

// renew gives a file a partial file of its own, and removes the one of an attempt or a run before. The lost lane's server may carry out an OPEN
// or a CLOSE of that one at any time: it must not be the one that is written now, and takes its name.
func (l *lane) renew(f *file) error {
	if f.inPlace {
		return nil
	}
	if f.doubted {
		l.e.doubtful.add(late{f.part, f.Parent, f.own})
	}
	if f.doubted || f.found != nil {
		if err := l.fs.Remove(f.part); fsys.Lost(err) {
			return err
		}
	}
	f.part = l.e.target(partName(f.Entry, rand.Text()))
	f.doubted, f.own = false, true
	return nil
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
