package transfer

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// A file whose chunks are written through several handles needs a server that keeps what a file holds when it is opened again, and that
// takes blocks in any order. OpenSSH's does, and whatever has its fsync@openssh.com. Any other one is tried once, before the first file of
// several blocks is sent: a server that empties a file at an OPEN, or at a late CLOSE, need not refuse a single WRITE, and the holes that
// it leaves do not show in the size (docs/design/partial-files.md).

// trial is what is known of the server.
type trial struct {
	mu   sync.Mutex // held while it is tried
	left []late     // files that were tried with
	lost bool       // so was a lane that did
	over atomic.Bool
}

// keepsFiles tells whether a side is known to keep what a file holds that is opened again.
func keepsFiles(f fsys.FS) bool {
	s, ok := f.(syncer)
	return !ok || s.CanSync()
}

// untried tells whether the server must be tried before the file is sent. A device is not emptied.
func (e *engine) untried(f *file) bool {
	return !e.trial.over.Load() && !f.single && !f.device
}

// try finds out how the server takes files, unless that is known. An error is that of the file's directory, or a lost lane: then
// nothing is known yet.
func (l *lane) try(f *file) error {
	t := &l.e.trial
	t.mu.Lock()
	defer t.mu.Unlock()
	if !l.e.untried(f) {
		return nil
	}
	if err := l.proveRename(f); err != nil {
		return err
	}
	if keepsFiles(l.fs) && !careful(l.fs) {
		t.over.Store(true)
		return nil
	}
	used := late{l.e.target(l.e.partName(f.Entry, "trial")), f.Parent, true}
	if !slices.Contains(t.left, used) {
		t.left = append(t.left, used)
		l.e.recordLeft(used.part)
	}
	keeps, err := l.keeps(used.part)
	if fsys.Lost(err) || err != nil && !f.inPlace {
		t.lost = t.lost || fsys.Lost(err)
		return err
	}
	if err := l.removeTrials(f.Parent); err != nil {
		return err
	}
	if !keeps {
		l.e.sendInOrder()
	}
	t.over.Store(true)
	l.useful.Store(true)
	return nil
}

// removeTrials removes the files that were tried with. Those that may come late, and those in directories that may have got their times
// meanwhile, are looked for at the end. Only a lost lane is an error.
func (l *lane) removeTrials(dir *plan.Dir) error {
	for _, p := range l.e.trial.left {
		err := l.fs.Remove(p.part)
		if fsys.Lost(err) {
			return err
		}
		if err != nil || l.e.trial.lost || p.parent != dir {
			l.e.doubtful.add(p)
		}
	}
	return nil
}

// keeps tries a server with a file of its own. What it holds is new each time, so that nothing that a lost lane's server does late is
// taken for an answer. An error is a lost lane, or that of the first OPEN; whatever else the server refuses, it does not keep.
func (l *lane) keeps(name string) (bool, error) {
	first, err := l.makeTrial(name)
	if err != nil {
		return false, err
	}
	if b, ok := first.(interface{ Beside() }); ok {
		b.Beside()
	}
	want := []byte(rand.Text())
	_, err = first.WriteAt(want[:len(want)/2], 0)
	if err == nil {
		err = l.writeBehind(name, want[len(want)/2:], int64(len(want)/2))
	}
	if cerr := first.Close(); err == nil {
		err = cerr
	}
	got := make([]byte, len(want))
	if err == nil {
		err = l.readBack(name, got)
	}
	if fsys.Lost(err) || errors.Is(err, fsys.ErrShared) {
		return false, err
	}
	return err == nil && bytes.Equal(got, want), nil
}

// makeTrial makes the file that the server is tried with. Another run, or another try, may have left it.
func (l *lane) makeTrial(name string) (fsys.File, error) {
	m, ok := l.fs.(fsys.Maker)
	if !ok || !careful(l.fs) {
		return l.fs.Create(name, 0o600, false)
	}
	h, err := m.Make(name, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if err := l.fs.Remove(name); fsys.Lost(err) {
			return nil, err
		}
		h, err = m.Make(name, 0o600)
	}
	return h, err
}

// writeBehind writes through a second handle, as another lane does.
func (l *lane) writeBehind(name string, b []byte, off int64) error {
	h, err := l.e.openAgain(l.fs, &file{part: name})
	if err != nil {
		return err
	}
	_, err = h.WriteAt(b, off)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}

func (l *lane) readBack(name string, b []byte) error {
	h, err := l.fs.Open(name)
	if err != nil {
		return err
	}
	n, err := h.ReadAt(b, 0)
	if n == len(b) {
		err = nil // also where the file ends there
	}
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}
