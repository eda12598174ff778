package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"mscp/internal/fsys"
)

// engine is one copy.
type engine struct {
	Options
	queue  *queue
	limit  *limiter
	block  int // as the first lane has it
	remote *remote

	lanes    lanes
	same     sameFiles
	doubtful doubtful
	refusals refusals
	trial    trial
	proof    proof
	mark     progressMark
	trying   sync.Mutex // held by the call that has a lane of its own

	stop  func(error) // ends the copy with a reason: no work is handed out after it
	over  func() bool // whether it is being ended
	begun time.Time

	otherTimes atomic.Int64 // files and directories whose times SFTP does not carry

	// Notices that are given once.
	notAtomic, noAttr, fewer, noDigest, noSync, ordered, endsEarly, shared sync.Once

	earlier   map[string]*earlier // by landing place
	leftovers *leftovers          // of earlier runs; nil: none
	missed    atomic.Bool         // a source, or a part of one, could not be looked at
}

// Run copies what walk finds. It returns nil when the walk has ended and every file has either been put in place or been reported
// as failed; then Summary.Failed tells whether all is well. An error means that the copy ended early: the
// context's cause, [ErrNoLane], an [ErrFull], or the walk's own. Run closes the lanes, First too.
func Run(ctx context.Context, o Options, walk Walk) (Summary, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	e := &engine{
		Options: o,
		queue:   newQueue(),
		limit:   newLimiter(o.Limit, time.Now()),
		remote:  newRemote(o.First.FS()),
		lanes:   newLanes(),
		over:    func() bool { return ctx.Err() != nil },
		begun:   time.Now(),
	}
	e.stop = func(why error) { cancel(why); e.queue.end() }
	e.remote.alone = func(op, name string, call func(fsys.FS) error) (bool, error) { return e.tryAlone(ctx, op, name, call) }
	e.same.number.asked = make(chan struct{})
	e.block = e.limit.block(o.First.FS().Block())
	e.Chunks.Block = int64(e.block)
	e.queue.tail = tail(e.Chunks)
	e.trial.over.Store(!o.Upload || keepsFiles(o.First.FS()) && !careful(o.First.FS()) && (o.InPlace || canReplace(o.First.FS())))
	e.startProof()
	if left := cmp.Or(o.State, o.Abandoned); left != nil {
		e.earlier = e.byPlace(left)
		e.leftovers = newLeftovers(e.earlier)
		e.missed.Store(o.Counters.Failed.Load() > 0)
	}

	var ending, work sync.WaitGroup
	ending.Go(func() {
		<-ctx.Done()
		e.queue.end()
		unmarked := e.unmarkWithin(unmarkGrace)
		e.closeLanes()
		<-unmarked
	})
	done := make(chan struct{})
	ending.Go(func() { e.watch(ctx, done) })
	e.startLane(ctx, o.First)
	e.lanes.wg.Go(e.askNumber)
	work.Go(func() { e.keepLanes(ctx) })
	work.Go(func() { e.walk(ctx, walk) })
	work.Wait()
	e.lanes.wg.Wait()
	close(done)
	e.queue.closeFiles()
	err := e.result(ctx)
	cancel(nil)
	ending.Wait()
	e.noticeTimes()
	return e.summary(), err
}

// result is the engine's last line: cancelled is never success.
func (e *engine) result(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !e.queue.done() {
		return ErrNoLane
	}
	return nil
}

func (e *engine) summary() Summary {
	c := e.Counters
	return Summary{
		Files: c.Files.Load(), Dirs: c.Dirs.Load(), Skipped: c.Skipped.Load(), Failed: c.Failed.Load(), Unchanged: c.Unchanged.Load(),
		Kept: c.Kept.Load(), Verified: c.Verified.Load(), Differing: c.Differing.Load(),
		Bytes: c.Bytes.Load(), Elapsed: time.Since(e.begun), Conns: c.MaxConns.Load(),
	}
}

func (e *engine) walk(ctx context.Context, walk Walk) {
	defer e.queue.walkEnded()
	if err := walk(ctx, e.source(), (*sink)(e)); err != nil {
		e.stop(err)
		return
	}
	e.leftovers.forgetRest(e)
	e.Counters.Walked.Store(true)
}

// source and destination are the sides for everything but a lane's own blocks.
func (e *engine) source() fsys.FS {
	if e.Upload {
		return e.Local
	}
	return e.remote
}

func (e *engine) destination() fsys.FS {
	if e.Upload {
		return e.remote
	}
	return e.Local
}

// sides are the source and the destination as a lane reaches them.
func (e *engine) sides(l *lane) (src, dst fsys.FS) {
	if e.Upload {
		return e.Local, l.fs
	}
	return l.fs, e.Local
}

// endFile is called once for each file that was queued, whatever became of it.
func (e *engine) endFile(f *file, err error) {
	e.same.traces.end(f, err == nil && !f.kept)
	switch {
	case err == nil:
		e.Counters.Files.Add(1)
		e.recordCommitted(f)
		e.noteTimes(f.Info)
		e.Observer.Copied(f.Src, f.size())
	case fatal(err) && e.destinationsFault(err):
		e.report(f.Src, err)
		e.stop(fmt.Errorf("%w: %w", ErrFull, err))
	case e.Upload && e.refusals.full(e.Counters.Bytes.Load(), err):
		e.report(f.Src, err)
		e.stop(fmt.Errorf("%w (quota?): %w", ErrFull, err))
	default:
		e.report(f.Src, err)
	}
	f.Parent.Release()
	e.queue.fileEnded()
}

// destinationsFault tells a full destination from a source whose reading failed for a like reason.
func (e *engine) destinationsFault(err error) bool {
	var fe *fsys.Error
	return errors.As(err, &fe) && fe.Side == e.destination().Side()
}

// report tells of a failure, unless it is only that the end of the copy has closed the lanes.
func (e *engine) report(path string, err error) {
	if fsys.Lost(err) && e.over() {
		return
	}
	e.Counters.Failed.Add(1)
	if errors.As(err, new(*VerifyError)) {
		e.Counters.Differing.Add(1)
	}
	e.Observer.Failed(path, err)
}
