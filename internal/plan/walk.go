package plan

import (
	"context"
	"sync"

	"mscp/internal/fsys"
)

// Walk lists the items and hands what it finds to sink. At most listings directories are listed at once, each by one
// goroutine; a listing that pauses for one of its subdirectories is not counted, but keeps its handle open.
//
// Symbolic links are followed, at the price of a Stat each and a RealPath for a directory. What cannot be
// listed or followed is told to sink.Failed, as an [*fsys.Error], a [*CycleError], [ErrName] or [ErrTooDeep], and the rest goes on. Walk
// returns when all its goroutines have ended: nil, ctx's error, or the first error of sink.File, which ends the walk. A
// call of src that is under way is not interrupted. An Entry that sink.File refused is released by the walk.
func Walk(ctx context.Context, src fsys.FS, items []Item, listings int, sink Sink) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &walker{ctx: inner, cancel: cancel, src: src, sink: sink, stack: newStack()}
	w.root = newLanded(sink, "", &w.folds)
	defer w.wakeWhenDone()()

	var workers sync.WaitGroup
	for range listings - 1 {
		workers.Go(w.work)
	}
	w.feed(items)
	w.stack.done()
	w.work()
	workers.Wait()
	for _, j := range w.stack.jobs { // only after a cancellation
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
	stack  *stack
	root   *landed // the names that land directly in the destination's root
	folds  folding // of that root
}

// job is something on its way to sink. It holds its parent.
type job struct {
	Entry
	from     *origin
	depth    int             // directories between it and its item
	contents bool            // only what lies in the directory
	special  map[string]bool // of these contents: as in [Item]
	match    string          // likewise
}

// wakeWhenDone lets waiting workers see that ctx has ended. The returned function waits for the goroutine that this may take.
func (w *walker) wakeWhenDone() (stop func()) {
	woken := make(chan struct{})
	cancel := context.AfterFunc(w.ctx, func() {
		defer close(woken)
		w.stack.wake()
	})
	return func() {
		if !cancel() {
			<-woken
		}
	}
}

func (w *walker) over() bool { return w.ctx.Err() != nil }

// work does jobs until there are none and none can come.
func (w *walker) work() {
	for {
		j, ok := w.stack.pop(w.over)
		if !ok {
			return
		}
		w.do(j, 0)
		w.stack.done()
	}
}

// later puts j on the stack, or does it at once where that is full. nest counts the listings that already wait for this goroutine; each
// has its handle open.
func (w *walker) later(j job, nest int) {
	if !w.stack.push(j, nest, w.over) {
		w.do(j, nest+1)
		w.stack.surfaced(nest)
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
			match:    item.match,
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
	if j.depth == maxDepth {
		w.failed(j.Src, ErrTooDeep)
		d.Release()
		return
	}
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
		if !takes(j.match, info.Name) {
			return w.ctx.Err()
		}
		src := join(j.Src, info.Name)
		if info.Err != nil {
			w.failed(src, info.Err)
			return w.ctx.Err()
		}
		if len(src) > maxPath {
			w.failed(src[:maxPath], ErrTooDeep)
			return w.ctx.Err()
		}
		if err := names.land(info); err != nil {
			w.failed(src, err)
			return w.ctx.Err()
		}
		w.take(job{
			Entry: Entry{Src: src, Dst: join(j.Dst, info.Name), Info: info, Parent: d, InPlace: j.special[info.Name]},
			from:  j.from,
			depth: j.depth + 1,
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
