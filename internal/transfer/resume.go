package transfer

import (
	"errors"
	"fmt"
	"io/fs"

	"mscp/internal/fsys"
)

// recall finds what the journal of an earlier run says of a file. It is believed only after begin has looked.
func (e *engine) recall(f *file) {
	if e.State == nil {
		return
	}
	f.kept = e.State.Committed(f.key)
	if old, ok := e.bySource[f.Src]; ok {
		f.found = &old
	}
	if f.kept || f.found != nil {
		f.todo = nil
	}
}

// begin looks at what an earlier run left of a file, and queues what is missing.
func (l *lane) begin(f *file) {
	err := l.look(f)
	switch {
	case fsys.Lost(err):
		l.retire(err)
		l.e.queue.again(span{f: f, kind: begin})
	case err != nil:
		f.fail(err)
		l.end(f, err)
	case f.kept:
		l.e.keep(f, f.Info.Size)
		l.e.endFile(f, nil)
	case len(f.todo) == 0:
		l.commit(f)
	default:
		l.e.queue.next(f)
	}
}

// look sets f.kept to whether the file is in place, and else what is to be done. An error is that of a lost lane.
func (l *lane) look(f *file) error {
	_, dst := l.e.sides(l)
	if f.kept {
		i, err := dst.Stat(f.dst)
		if fsys.Lost(err) {
			return err
		}
		if f.kept = err == nil && i.IsRegular() && i.Size == f.Info.Size; f.kept {
			return nil
		}
	}
	f.do(f.all())
	if f.found == nil {
		return nil
	}
	if f.found.Key != f.key {
		l.e.Observer.Notice(fmt.Sprintf("%q has changed since the interrupted run: it is copied from its start", f.Src))
		if f.found.Part != f.part && !f.inPlace {
			if err := dst.Remove(f.found.Part); fsys.Lost(err) {
				return err
			}
		}
		return nil
	}
	i, err := dst.Stat(f.part)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && i.IsRegular() && i.Size >= f.found.Ranges.End() {
		l.e.goOn(f)
	}
	return nil
}

// goOn leaves out what the earlier run's journal says is there.
func (e *engine) goOn(f *file) {
	f.created = true
	var todo []extent
	for off, n := range f.found.Ranges.Missing(f.Info.Size) {
		todo = append(todo, extent{off, n})
	}
	have := f.found.Ranges.Bytes()
	f.do(todo)
	e.keep(f, have)
}

// keep counts bytes that are there already.
func (e *engine) keep(f *file, n int64) {
	e.Counters.BytesKnown.Add(-n)
	e.Counters.Kept.Add(n)
}
