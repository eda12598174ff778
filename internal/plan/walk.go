package plan

import (
	"context"
	"sync"

	"mscp/internal/fsys"
)

// queueLen is how many directories and links wait before a listing stops to do its newest itself. At some 400 bytes
// each the stack takes 1.6 MB.
const queueLen = 4096

// Walk lists the items and hands what it finds to sink. At most listings directories are listed at once, each by one
// goroutine; a listing that pauses for one of its subdirectories is not counted, but keeps its handle open.
//
// Symbolic links are followed, at the price of a Stat each and a RealPath for a directory. What cannot be
// listed or followed is told to sink.Failed, as an [*fsys.Error], a [*CycleError] or [ErrName], and the rest goes on. Walk
// returns when all its goroutines have ended: nil, ctx's error, or the first error of sink.File, which ends the walk. A
// call of src that is under way is not interrupted. An Entry that sink.File refused is released by the walk.
func Walk(ctx context.Context, src fsys.FS, items []Item, listings int, sink Sink) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &walker{ctx: inner, cancel: cancel, src: src, sink: sink, busy: 1}
	w.root = newLanded(sink, "", &w.folds)
	w.changed.L = &w.mu
	defer w.wakeWhenDone()()

	var workers sync.WaitGroup
	for range listings - 1 {
		workers.Go(w.work)
	}
	w.feed(items)
	w.done()
	w.work()
	workers.Wait()
	for _, j := range w.stack { // only after a cancellation
		j.Parent.Release()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Cause(inner)
}

// walker is one walk.
type walker struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	src    fsys.FS
	sink   Sink

	mu      sync.Mutex
	changed sync.Cond // the stack grew, or nothing more will come
	stack   []job     // the newest last: going deep first keeps it short
	busy    int       // goroutines that may still add to it

	root  *landed // the names that land directly in the destination's root
	folds folding // of that root
}

// job is something on its way to sink. It holds its parent.
type job struct {
	Entry
	from     *origin
	contents bool            // only what lies in the directory
	special  map[string]bool // of these contents: as in [Item]
}

// wakeWhenDone lets waiting workers see that ctx has ended. The returned function waits for the goroutine that this may take.
func (w *walker) wakeWhenDone() (stop func()) {
	woken := make(chan struct{})
	cancel := context.AfterFunc(w.ctx, func() {
		defer close(woken)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.changed.Broadcast()
	})
	return func() {
		if !cancel() {
			<-woken
		}
	}
}

// work does jobs until there are none and none can come.
func (w *walker) work() {
	for {
		j, ok := w.next()
		if !ok {
			return
		}
		w.do(j, 0)
		w.done()
	}
}

func (w *walker) next() (job, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.stack) == 0 && w.busy > 0 && w.ctx.Err() == nil {
		w.changed.Wait()
	}
	last := len(w.stack) - 1
	if last < 0 || w.ctx.Err() != nil {
		return job{}, false
	}
	j := w.stack[last]
	w.stack[last] = job{}
	w.stack = w.stack[:last]
	w.busy++
	return j, true
}

func (w *walker) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy--; w.busy == 0 {
		w.changed.Broadcast()
	}
}

// later puts j on the stack, or does it at once where that is full. nest counts the listings that already wait for
// this goroutine. Each has its handle open, so the deeper it is, the more the stack takes before there is another.
func (w *walker) later(j job, nest int) {
	w.mu.Lock()
	room := len(w.stack) < queueLen*(nest+1)
	if room {
		w.stack = append(w.stack, j)
		w.changed.Signal()
	}
	w.mu.Unlock()
	if !room {
		w.do(j, nest+1)
	}
}

func (w *walker) feed(items []Item) {
	for _, item := range w.distinct(items) {
		if w.ctx.Err() != nil {
			return
		}
		w.take(job{
			Entry:    Entry{Src: item.Src, Dst: item.Dst, Info: item.Info, InPlace: item.InPlace},
			from:     itemOrigin(w.src, item),
			contents: item.Contents,
			special:  item.special,
		}, 0)
	}
}

// take passes on what was found, or keeps it for later if it costs a request.
func (w *walker) take(j job, nest int) {
	j.Parent.Hold()
	if j.Info.IsLink() || j.Info.IsDir() {
		w.later(j, nest)
		return
	}
	w.pass(j)
}

// do takes a link or a directory further.
func (w *walker) do(j job, nest int) {
	if w.ctx.Err() != nil {
		j.Parent.Release()
		return
	}
	if err := w.follow(&j); err != nil {
		w.failed(j.Src, err)
		j.Parent.Release()
		return
	}
	if j.Info.IsDir() {
		w.dir(j, nest)
		return
	}
	w.pass(j)
}

// pass hands over what is no directory.
func (w *walker) pass(j job) {
	if !j.Info.IsRegular() {
		w.sink.Skipped(j.Src, kind(j.Info.Mode))
		j.Parent.Release()
		return
	}
	if err := w.sink.File(w.ctx, j.Entry); err != nil {
		j.Parent.Release()
		w.cancel(err)
	}
}

// dir makes a directory, which takes over j's hold of the parent, and lists it.
func (w *walker) dir(j job, nest int) {
	d := j.Parent
	if !j.contents {
		d = &Dir{Entry: j.Entry, sink: w.sink}
		d.Hold()
		if err := w.sink.MakeDir(w.ctx, d); err != nil {
			j.Parent.Release()
			return
		}
	}
	names := w.namesIn(d)
	err := w.src.List(j.Src, func(info fsys.Info) error {
		if !validName(info.Name) {
			w.failed(join(j.Src, info.Name), ErrName)
			return w.ctx.Err()
		}
		if info.Err != nil {
			w.failed(join(j.Src, info.Name), info.Err)
			return w.ctx.Err()
		}
		if err := names.land(info); err != nil {
			w.failed(join(j.Src, info.Name), err)
			return w.ctx.Err()
		}
		w.take(job{
			Entry: Entry{
				Src: join(j.Src, info.Name), Dst: join(j.Dst, info.Name), Info: info, Parent: d, InPlace: j.special[info.Name],
			},
			from: j.from,
		}, nest)
		return w.ctx.Err()
	})
	if err != nil {
		w.failed(j.Src, err)
	}
	d.Release()
}

// failed reports a source, unless the walk ends anyway: what fails then says nothing about the source.
func (w *walker) failed(path string, err error) {
	if w.ctx.Err() == nil {
		w.sink.Failed(path, err)
	}
}
