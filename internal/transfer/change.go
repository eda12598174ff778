package transfer

import (
	"errors"
	"sync"
	"sync/atomic"

	"mscp/internal/fsys"
)

// A source is known by its path, size and modification time. Inode numbers say nothing: on FUSE and network file systems they
// change while the file stays. A time that differs may be a replica's that lags behind, a size that grows a log's that is written
// all the time (docs/design/changing-sources.md).

// errGrown means that a source has grown for the second time: its copy is to be compared with it as far as that goes.
var errGrown = errors.New("the source has grown again")

// looks is how often a source is looked at whose time differs: replicas take turns in answering.
const looks = 16

// same tells whether the source is still what it was when it was planned. An empty file has no content that a time could tell of:
// /proc gives another time whenever it forgets a file.
func (f *file) same(now fsys.Info) bool {
	return now.Size == f.Info.Size && (now.Size == 0 || now.ModTime.Equal(f.Info.ModTime))
}

// adopt takes over what the copy is given of the source's attributes as they are at last.
func (f *file) adopt(now fsys.Info) {
	if now.IsRegular() && !now.ModeUnknown {
		f.Info.Mode = now.Mode
	}
	if !now.ModTime.IsZero() {
		f.Info.ModTime = now.ModTime // the access time is that of our own reading by now
	}
}

// sawOpened remembers the source's time when its blocks are first read. All of them come through this one handle.
func (f *file) sawOpened() {
	if f.local == nil || !f.opened.IsZero() || f.found != nil {
		return
	}
	if i, err := f.local.Stat(); err == nil && i.Size == f.Info.Size {
		f.opened = i.ModTime
	}
}

// settled tells whether a file whose bytes were all read may get its name, by what its source is now.
func (l *lane) settled(f *file, now fsys.Info) error {
	changed := l.e.sourceError(f.Src, ErrChanged)
	_, dst := l.e.sides(l)
	switch {
	case now.Size < f.Info.Size, f.toEnd && now.Size != f.Info.Size:
		return changed
	case now.Size > f.Info.Size && f.grown:
		l.tellHeld(f, f.size(), true)
		return nil
	case now.Size > f.Info.Size && (!f.again || f.special(dst)):
		return changed
	case now.Size > f.Info.Size:
		return errGrown
	case !f.same(now) && !now.ModTime.Equal(f.opened):
		same, err := l.seenAgain(f)
		if err == nil && !same {
			err = changed
		}
		return err
	}
	f.adopt(now)
	return nil
}

// seenAgain tells whether a further look finds the source as it was planned: a file that was written to never gets its old time
// back by itself.
func (l *lane) seenAgain(f *file) (bool, error) {
	src, _ := l.e.sides(l)
	var asking sync.WaitGroup
	var same atomic.Bool
	var lost atomic.Pointer[error]
	for range looks {
		asking.Go(func() {
			now, err := src.Stat(f.Src)
			if fsys.Lost(err) {
				lost.Store(&err)
			}
			if err == nil && f.same(now) {
				same.Store(true)
			}
		})
	}
	asking.Wait()
	if err := lost.Load(); err != nil {
		return false, *err
	}
	return same.Load(), nil
}

// compareGrown has the copy of a file that goes on growing compared with its source: only where no byte that was copied has
// changed since is it what the file was.
func (l *lane) compareGrown(f *file) {
	f.grown, f.verifying = true, true
	f.do(f.all())
	l.e.queue.next(f)
}

// restartChanged queues a file anew whose source has changed, once: it may have been written to for the last time just then. One that
// ended before the size that it states, and still states it, is read to its end.
func (l *lane) restartChanged(f *file) (bool, error) {
	if f.again || !errors.Is(f.failed(), ErrChanged) {
		return false, nil
	}
	src, _ := l.e.sides(l)
	now, err := src.Stat(f.Src)
	if err != nil || !now.IsRegular() || now.Size > maxSize {
		return false, err
	}
	now.Name = f.Info.Name
	entry := f.Entry
	entry.Info = now
	g := l.e.newFile(entry)
	g.again = true
	if short, longer := f.misstated(); now.Size == f.Info.Size {
		g.toEnd, g.longer = short || longer, longer
	}
	l.e.replace(f, g)
	return true, nil
}

// replace queues g in the place of f, which has failed.
func (e *engine) replace(f, g *file) {
	e.Counters.Bytes.Add(-f.moved.Load())
	e.Counters.BytesKnown.Add(g.size() - f.size())
	e.keep(f, -f.had)
	e.queue.next(g)
}

// resize sets how much a file holds.
func (e *engine) resize(f *file, size int64) {
	e.Counters.BytesKnown.Add(size - f.size())
	f.beyond = size - f.Info.Size
}
