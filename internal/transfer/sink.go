package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// sink takes what the walk finds.
type sink engine

// maxSize, in bytes, is more than any file has; a size beyond it is a lie that would make sums overflow.
const maxSize = 1 << 60

// File queues a file.
func (s *sink) File(ctx context.Context, e plan.Entry) error {
	en := (*engine)(s)
	if e.Info.Size > maxSize {
		en.report(e.Src, en.sourceError(e.Src, fsys.ErrTooLarge))
		e.Parent.Release()
		return nil
	}
	if en.unchanged(e) {
		en.Counters.Unchanged.Add(1)
		e.Parent.Release()
		return nil
	}
	f := en.newFile(e)
	en.recall(f)
	en.same.traces.find(f)
	en.Counters.FilesKnown.Add(1)
	en.Counters.BytesKnown.Add(e.Info.Size)
	if !en.queue.push(f) {
		return context.Cause(ctx)
	}
	return nil
}

func (e *engine) newFile(entry plan.Entry) *file {
	f := &file{Entry: entry, dst: e.target(entry.Dst)}
	f.chunk = e.Chunks.Size(entry.Info.Size)
	f.single = entry.Info.Size <= min(int64(e.block), f.chunk)
	f.device = entry.InPlace || entry.Parent != nil && entry.Parent.Special[bytepath.Base(entry.Dst)]
	f.do(f.all())
	if e.untried(f) {
		f.todo = nil
	}
	if e.Journal != nil {
		// Without device and inode: both may be others when the file system is mounted anew.
		f.key = journal.KeyOf(e.sourceID(f.Src, f.Dst), f.Dst, f.Info.Size, f.Info.ModTime, 0, 0)
	}
	if f.inPlace = e.InPlace || f.device; f.inPlace {
		f.part = f.dst
	} else {
		f.part = e.target(e.partName(entry))
	}
	return f
}

// unchanged tells whether the destination has the file already, as far as size and time show.
func (e *engine) unchanged(entry plan.Entry) bool {
	there := e.There
	if entry.Parent != nil {
		there = entry.Parent.There
	}
	return there.Unchanged(bytepath.Base(entry.Dst), entry.Info)
}

// target is a landing place as the destination's side names it.
func (e *engine) target(dst string) string {
	if e.Root == "" {
		return dst
	}
	return bytepath.Join(e.Root, dst)
}

// MakeDir makes a directory that can be written to while the copy runs: FinishDir gives it the mode that it is to have.
func (s *sink) MakeDir(_ context.Context, d *plan.Dir) error {
	e := (*engine)(s)
	if d.Dst == "" {
		e.same.mark.setRoot(d)
	}
	if d.Dst == "" && e.RootMade { // over a long distance, looking at it would take longer than many files
		d.Made = true
		e.Counters.Dirs.Add(1)
		return nil
	}
	dst, name := e.destination(), e.target(d.Dst)
	ours := e.recordDir(dst, name, d)
	err := dst.Mkdir(name, d.Info.Mode.Perm()|0o700)
	switch {
	case err == nil:
		d.Made = true
		e.same.traces.made(name)
	case errors.Is(err, fs.ErrExist):
		d.Made = ours || d.Dst == "" // that is walked only where the destination's root is new
		err = e.existing(dst, name, d, err)
		e.leftovers.forgetOwn(e, name)
	}
	if err != nil {
		e.missed.Store(true)
		e.report(d.Src, err)
		if fatal(err) {
			e.stop(fmt.Errorf("%w: %w", ErrFull, err))
		}
		return err
	}
	e.Counters.Dirs.Add(1)
	return nil
}

// existing looks at a directory that was there before: what in it is neither file nor directory is written in place.
// exists is the error that said so, and names the directory as the user knows it.
func (e *engine) existing(dst fsys.FS, name string, d *plan.Dir, exists error) error {
	i, err := dst.Stat(name)
	if err != nil && !fsys.Missing(err) {
		return err
	}
	if err != nil || !i.IsDir() {
		reason := fsys.ErrNotDir
		if err != nil {
			reason = fsys.ErrDangling
		}
		var fe *fsys.Error
		if errors.As(exists, &fe) {
			name = fe.Path
		}
		return &fsys.Error{Side: dst.Side(), Op: "make directory", Path: name, Err: reason}
	}
	e.reopen(dst, name, d, i.Mode)
	if e.SkipUnchanged {
		d.There = make(plan.There)
	}
	err = dst.List(name, func(i fsys.Info) error {
		d.There.Add(i)
		if i.Err == nil && !i.IsRegular() && !i.IsDir() && !i.IsLink() {
			d.Special, err = plan.AddSpecial(d.Special, i.Name)
		}
		return err
	})
	if errors.Is(err, plan.ErrSpecial) {
		return &fsys.Error{Side: dst.Side(), Op: "list", Path: name, Err: err}
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil // writable, perhaps, without being readable
	}
	return err
}

// reopen lets what an earlier run left out be written to a directory that it had finished. Where it cannot, the
// files in it fail and say why.
func (e *engine) reopen(dst fsys.FS, name string, d *plan.Dir, mode fs.FileMode) {
	if (d.Made || e.Preserve) && mode.Perm()&0o700 != 0o700 {
		mode |= 0o700
		_ = dst.SetAttr(name, fsys.Attr{Mode: &mode})
	}
}

// FinishDir sets a directory's mode and times, once all below it is in place. Without -p the umask has had its say when the
// directory was made, and only what it was made with beyond the source's mode is taken away again.
func (s *sink) FinishDir(d *plan.Dir) {
	e := (*engine)(s)
	if d.Dst == "" {
		e.unmarkForGood()
	}
	e.leftovers.forgetGone(e, e.target(d.Dst))
	if e.over() {
		return // what it was to hold is not all there: the next run writes to it
	}
	if err := e.dirAttrResult(e.finishDir(e.destination(), d)); err != nil {
		e.report(d.Src, err)
		return
	}
	e.noteTimes(d.Info)
}

func (e *engine) finishDir(dst fsys.FS, d *plan.Dir) error {
	name := e.target(d.Dst)
	switch {
	case e.Preserve:
		return dst.SetAttr(name, attrOf(d.Info, true))
	case d.Made && (d.Dst == "" && !e.RootMade || d.Info.Mode.Perm()&0o700 != 0o700 || !e.keepsModes()):
		now, err := dst.Stat(name)
		if err != nil {
			return err
		}
		mode := now.Mode & (d.Info.Mode.Perm() | fs.ModeSetgid | fs.ModeSticky) // what the parent gave stays
		return dst.SetAttr(name, fsys.Attr{Mode: &mode})
	}
	return nil
}

// Skipped implements plan.Sink.
func (s *sink) Skipped(path, what string) {
	s.Counters.Skipped.Add(1)
	s.Observer.Skipped(path, what)
}

// Failed implements plan.Sink.
func (s *sink) Failed(path string, err error) {
	s.missed.Store(true)
	(*engine)(s).report(path, err)
}

// raise sets a maximum.
func raise(most *atomic.Int64, v int64) {
	for {
		old := most.Load()
		if v <= old || most.CompareAndSwap(old, v) {
			return
		}
	}
}
