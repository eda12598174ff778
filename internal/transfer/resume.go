package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"

	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/quote"
)

// earlier is what earlier runs began of a source and did not end: of one state of it, or of several.
type earlier struct {
	files []journal.File
	met   atomic.Bool // the source is there
}

// byPlace finds them by the landing place of the source, below the root.
func (e *engine) byPlace(s *journal.State) map[string]*earlier {
	all := make(map[string]*earlier)
	for f := range s.Files() {
		f.Part = e.target(f.Part)
		if all[f.Src] == nil {
			all[f.Src] = new(earlier)
		}
		all[f.Src].files = append(all[f.Src].files, f)
	}
	return all
}

func (o *earlier) take() []journal.File {
	if o == nil {
		return nil
	}
	o.met.Store(true)
	return o.files
}

// recall finds what the journal of earlier runs says of a file. It is believed only after begin has looked.
func (e *engine) recall(f *file) {
	if e.State == nil {
		if f.stale = e.earlier[f.Dst].take(); len(f.stale) > 0 {
			f.todo = nil
		}
		return
	}
	f.kept = e.State.Committed(e.committedKey(f))
	for _, old := range e.earlier[f.Dst].take() {
		if old.Key == f.key {
			f.found = &old
		} else {
			f.stale = append(f.stale, old)
		}
	}
	if f.kept || f.found != nil || len(f.stale) > 0 {
		f.todo = nil
	}
}

// begin looks at what earlier runs left of a file, and queues what is missing.
func (l *lane) begin(ctx context.Context, f *file) {
	usable, err := l.look(f)
	if err == nil && !f.kept {
		err = l.try(f)
	}
	if err == nil && usable && f.size() > 0 && !l.e.queue.inOrder() {
		l.e.goOn(f)
	}
	switch {
	case fsys.Lost(err):
		l.retire(err)
		l.e.queue.again(span{f: f, kind: begin})
	case err != nil:
		f.fail(err)
		l.end(f, err)
	case f.kept:
		l.e.keep(f, f.size())
		l.e.endFile(f, nil)
	case len(f.todo) > 0:
		l.e.queue.next(f)
	case !l.verify(ctx, f):
		l.commit(f)
	}
}

// look sets f.kept to whether the file is in place, and else tells whether what an earlier run left can be gone on with.
func (l *lane) look(f *file) (usable bool, err error) {
	_, dst := l.e.sides(l)
	if err := l.forget(f); err != nil {
		return false, err
	}
	f.do(f.all())
	if f.kept && l.e.elsewhere() {
		f.kept = false
	}
	if f.kept {
		size := f.size()
		kept, err := l.inPlace(f, func(i fsys.Info) bool { size = i.Size; return l.e.keptSize(f, size) })
		if kept {
			l.e.resize(f, size)
		}
		if kept || err != nil {
			return false, err
		}
	}
	if f.found == nil {
		return false, nil
	}
	i, err := dst.Stat(f.part)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = l.inPlace(f, func(i fsys.Info) bool { return l.e.renamedEarlier(f, i) })
		return false, err
	}
	if err != nil || f.found.Part != f.part || !i.IsRegular() || i.Size < f.found.Ranges.End() {
		return false, err
	}
	return l.holds(f)
}

// forget removes the partial files of what the source was before, and one that was sent in order.
func (l *lane) forget(f *file) error {
	_, dst := l.e.sides(l)
	changed := f.found == nil && len(f.stale) > 0 && l.e.State != nil
	if f.found != nil && f.found.Part != f.part && strings.HasSuffix(f.found.Part, partSuffix) {
		if err := dst.Remove(f.found.Part); fsys.Lost(err) {
			return err
		}
	}
	for ; len(f.stale) > 0; f.stale = f.stale[1:] {
		if part := f.stale[0].Part; part != f.part && strings.HasSuffix(part, partSuffix) {
			if err := dst.Remove(part); fsys.Lost(err) {
				return err
			}
		}
	}
	if changed {
		l.e.Observer.Notice(fmt.Sprintf("%s has changed since the interrupted run: mscp copies it from its start", quote.Name(f.Src)))
	}
	return nil
}

// inPlace sets f.kept to whether a file has the final name that is the one. Where it is to be on stable storage it is put there:
// the run that copied it may not have been asked to. Only a lost lane is an error; whatever else is wrong, the file is copied.
func (l *lane) inPlace(f *file, is func(fsys.Info) bool) (bool, error) {
	_, dst := l.e.sides(l)
	before := f.kept
	i, err := dst.Stat(f.dst)
	if f.kept = err == nil && i.IsRegular() && is(i); f.kept {
		err = l.e.syncFile(dst, f.dst)
		f.kept = err == nil
	}
	if fsys.Lost(err) {
		f.kept = before // the next lane looks
		return false, err
	}
	return f.kept, nil
}

// goOn leaves out what the earlier run's journal says is there.
func (e *engine) goOn(f *file) {
	f.created = true
	e.same.traces.begin(f)
	var todo []extent
	for off, n := range f.found.Ranges.Missing(f.size()) {
		todo = append(todo, extent{off, n})
	}
	f.do(todo)
	e.keep(f, f.found.Ranges.Bytes())
}

// keep counts bytes that are there already.
func (e *engine) keep(f *file, n int64) {
	f.had += n
	e.Counters.BytesKnown.Add(-n)
	e.Counters.Kept.Add(n)
}
