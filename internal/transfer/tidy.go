package transfer

import (
	"errors"
	"io/fs"
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

// removeLate removes an empty partial file, and gives its directory the times back. One that is not empty may be another run's. One of
// ours that is not there may have been removed after the directory got its times, by the server of a lost lane.
func (l *lane) removeLate(p late) {
	i, err := l.fs.Lstat(p.part)
	switch {
	case fsys.Missing(err) && p.ours:
		err = nil
	case err == nil && (!i.IsRegular() || i.Size > 0 && !p.ours):
		return
	case err == nil:
		err = l.removeFrom(p)
	}
	if err == nil && p.parent != nil {
		p.ours = true
		err = l.e.finishDir(l.fs, p.parent)
	}
	if fsys.Lost(err) {
		l.e.doubtful.add(p) // another lane may do it
	}
}

// removeFrom removes a file from a directory whose mode may forbid that by now.
func (l *lane) removeFrom(p late) error {
	err := l.fs.Remove(p.part)
	if errors.Is(err, fs.ErrPermission) && p.parent != nil {
		dir := l.e.target(p.parent.Dst)
		i, serr := l.fs.Stat(dir)
		if serr != nil {
			return serr
		}
		l.e.reopen(l.fs, dir, p.parent, i.Mode)
		if err = l.fs.Remove(p.part); err != nil && !fsys.Lost(err) {
			_ = l.e.finishDir(l.fs, p.parent)
		}
	}
	return err
}
