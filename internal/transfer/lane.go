package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"mscp/internal/fsys"
)

// lane is a Lane at work: its goroutines, its buffers, and the handles of the files that it is moving.
type lane struct {
	Lane
	e     *engine
	fs    Remote
	block int

	small  chan []byte // buffers for blocks that are neither tiny nor large
	large  chan []byte // buffers for large blocks; their number is what may be in flight
	lost   atomic.Bool
	worked chan struct{} // closed when none of its workers works any more
	useful atomic.Bool   // it has done something

	mu     sync.Mutex // held by the one goroutine that looks for work
	cur    span       // what is left of the span being handed out
	handle *handle    // of cur's file, held while there is something left

	handlesMu sync.Mutex
	handles   map[*file]*handle
}

// block is one goroutine's work: all of a small file, a part of a larger one, or a commit.
type block struct {
	span
	h    *handle     // held; nil for a small file or a commit
	idle bool        // of a file that has failed: only to be counted
	buf  []byte      // from pool
	pool chan []byte // nil where the goroutine's own buffer is enough
}

// sizeless tells a file that states the size 0: it may hold something all the same (/proc, FUSE with direct_io).
func (b block) sizeless() bool { return b.kind == move && b.h == nil && b.f.Info.Size == 0 }

func newLane(e *engine, l Lane) *lane {
	w := &lane{Lane: l, e: e, fs: l.FS(), handles: make(map[*file]*handle), worked: make(chan struct{})}
	w.block = min(e.block, w.fs.Block())
	w.small = newBuffers(e.inflight(smallBlock))
	w.large = newBuffers(e.inflight(w.block))
	return w
}

// newBuffers makes n places for buffers; each is allocated when it is first used.
func newBuffers(n int) chan []byte {
	c := make(chan []byte, n)
	for range n {
		c <- nil
	}
	return c
}

// run works until nothing is left to do, or the lane is lost.
func (l *lane) run(ctx context.Context) {
	var wg sync.WaitGroup
	for range l.e.workers(l.fs) {
		wg.Go(func() { l.work(ctx) })
	}
	wg.Wait()
	close(l.worked)
	l.giveBack()
	l.tidy()
}

func (l *lane) work(ctx context.Context) {
	var own []byte
	for {
		b, ok := l.next(ctx)
		if !ok {
			return
		}
		if b.idle {
			l.move(ctx, b, nil)
			continue
		}
		buf, n := b.buf, b.len
		if b.sizeless() {
			n = min(tinyBlock, int64(l.block))
		}
		if buf == nil && n > 0 {
			if own == nil {
				own = make([]byte, tinyBlock)
			}
			buf = own
		}
		l.move(ctx, b, buf[:n])
		if b.pool != nil {
			b.pool <- b.buf
		}
	}
}

// next hands out the next block. One goroutine at a time fetches a span; for all but a tiny block it waits here for a
// buffer, so that no more blocks are handed out than may be in flight.
func (l *lane) next(ctx context.Context) (b block, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost.Load() {
		return block{}, false // cur is given back in one piece when the lane ends
	}
	if l.cur.f == nil {
		s, ok := l.e.queue.pop(l.lost.Load)
		if !ok {
			return block{}, false
		}
		if s.kind != move || s.small(l.block) {
			return l.buffered(ctx, block{span: s})
		}
		l.cur, l.handle = s, l.acquire(s.f)
	}
	n := min(l.cur.len, int64(l.block))
	b = block{span: span{f: l.cur.f, off: l.cur.off, len: n}, h: l.handle}
	if l.cur.f.failed() != nil {
		n, b.len, b.idle = l.cur.len, l.cur.len, true
	} else if b, ok = l.buffered(ctx, b); !ok {
		return block{}, false
	}
	l.cur.off, l.cur.len = l.cur.off+n, l.cur.len-n
	if l.cur.len > 0 {
		l.hold(b.h)
	} else {
		l.cur, l.handle = span{}, nil // the last block takes over the hold
	}
	return b, true
}

// buffered adds a shared buffer where the block needs one. It fails when the copy ends before one is free.
func (l *lane) buffered(ctx context.Context, b block) (block, bool) {
	size := smallBlock
	switch {
	case b.len <= tinyBlock:
		return b, true
	case b.len <= smallBlock:
		b.pool = l.small
	default:
		b.pool, size = l.large, l.block
	}
	select {
	case b.buf = <-b.pool:
	case <-ctx.Done():
		if b.h == nil {
			l.e.queue.again(b.span)
		}
		return b, false
	}
	if b.buf == nil {
		b.buf = make([]byte, size)
	}
	return b, true
}

// giveBack returns to the queue what the lane had taken and not handed out.
func (l *lane) giveBack() {
	if l.cur.f != nil {
		l.e.queue.again(l.cur)
		l.release(l.cur.f, l.handle)
		l.cur, l.handle = span{}, nil
	}
}

// retire is called by whoever finds the lane lost: no more work is handed out on it. why is nil where the lane is only done.
func (l *lane) retire(why error) {
	if l.lost.CompareAndSwap(false, true) {
		l.e.remote.remove(l)
		l.Close() // before a new one is opened: a pool, and a server, have room for so many
		if why != nil && !l.e.over() {
			l.e.Observer.Notice(fmt.Sprintf("a connection was lost, and mscp replaces it: %v", why))
		}
		l.e.laneLost(l.useful.Load(), why)
		l.e.queue.interrupt()
	}
}

// handle is a large file's remote file on one lane, shared by the lane's goroutines.
type handle struct {
	mu   sync.Mutex // held while it is being opened
	f    fsys.File
	held int // under lane.handlesMu
}

func (l *lane) acquire(f *file) *handle {
	l.handlesMu.Lock()
	defer l.handlesMu.Unlock()
	h := l.handles[f]
	if h == nil {
		h = &handle{}
		l.handles[f] = h
		f.handles.Add(1)
	}
	h.held++
	return h
}

func (l *lane) hold(h *handle) {
	l.handlesMu.Lock()
	defer l.handlesMu.Unlock()
	h.held++
}

// release closes the handle when nobody holds it any more. What a server finds wrong only then fails the file.
func (l *lane) release(f *file, h *handle) {
	l.handlesMu.Lock()
	h.held--
	last := h.held == 0
	if last {
		delete(l.handles, f)
	}
	l.handlesMu.Unlock()
	if !last {
		return
	}
	if h.f != nil {
		if err := h.f.Close(); err != nil && !fsys.Lost(err) && (l.e.Upload || errors.Is(err, fsys.ErrShared)) {
			f.fail(err)
		}
	}
	f.handles.Done()
}
