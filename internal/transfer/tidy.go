package transfer

import (
	"sync"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// doubtful are the partial files that were being made on a lane when that was lost. The lane's server may still carry out
// the request when another lane has given the file its name: then an empty partial file appears, and stays.
type doubtful struct {
	mu    sync.Mutex
	files map[late]bool
}

// late is a partial file that may yet appear.
type late struct {
	part   string
	parent *plan.Dir
	ours   bool // no other run has one of this name: it goes whatever it holds
}

// add remembers a partial file. Beyond as many as the queue holds files none is remembered, whatever the number of lanes that are lost.
func (d *doubtful) add(p late) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == nil {
		d.files = make(map[late]bool)
	}
	if len(d.files) < queueFiles {
		d.files[p] = true
	}
}

// take forgets all files and returns them.
func (d *doubtful) take() map[late]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.files
	d.files = nil
	return all
}

// tidy removes what servers of lost lanes have made late. It is called when all files have ended, by a lane that is still open; what
// it cannot do costs nothing but an empty file.
func (l *lane) tidy() {
	if l.lost.Load() || l.e.over() {
		return
	}
	l.e.unmark()
	var group errgroup.Group
	group.SetLimit(filesPerLane)
	for p := range l.e.doubtful.take() {
		group.Go(func() error {
			l.removeLate(p)
			return nil
		})
	}
	_ = group.Wait()
}

// removeLate removes an empty partial file, and gives its directory the time back. One that is not empty may be another run's.
func (l *lane) removeLate(p late) {
	i, err := l.fs.Lstat(p.part)
	if fsys.Lost(err) {
		l.e.doubtful.add(p) // another lane may do it
	}
	if err != nil || !i.IsRegular() || i.Size > 0 && !p.ours || l.fs.Remove(p.part) != nil {
		return
	}
	if p.parent != nil {
		_ = l.e.finishDir(l.fs, p.parent)
	}
}
