package transfer

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"sync"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// marker is an empty file with a random name in the root of an upload. Who sees it sees the files of the lane that made it. It is made
// when a further lane is opened, and removed when nothing waits to be handed out any more.
type marker struct {
	mu   sync.Mutex
	path string    // empty: there is none to rely on
	root *plan.Dir // the directory that holds it, where that is copied

	// closing is the CLOSE of the marker. The removal waits for it: rclone's server makes a file anew that is closed after it is removed.
	closing sync.WaitGroup
}

func (m *marker) name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.path
}

func (m *marker) set(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.path = path
}

// setRoot remembers the directory that is the root. Its time is set again after a late removal.
func (m *marker) setRoot(d *plan.Dir) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.root = d
}

// late is a marker as a file that may have to be removed at the end.
func (m *marker) late(path string) late {
	m.mu.Lock()
	defer m.mu.Unlock()
	return late{path, m.root, true}
}

// take hands the marker to the one who removes it.
func (m *marker) take() (path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	path, m.path = m.path, ""
	return path
}

// unmarkGrace is how long a copy that is being ended waits for the marker's removal.
const unmarkGrace = 300 * time.Millisecond

// makeMark makes the marker. The journal has its name first, so that the next run removes what a killed one leaves.
func (e *engine) makeMark(l *lane) error {
	b := make([]byte, 6)
	rand.Read(b)
	name := e.target(".mscp." + hex.EncodeToString(b) + partSuffix)
	e.recordLeft(name)
	h, err := l.fs.Create(name, 0o600, false)
	if err != nil { // it may have been made, or may be yet
		e.doubtful.add(e.same.mark.late(name))
		return err
	}
	e.same.mark.set(name)
	e.same.mark.closing.Add(1)
	e.lanes.wg.Go(func() {
		defer e.same.mark.closing.Done()
		_ = h.Close()
	})
	return nil
}

// seesMark wants the marker to be seen.
func (e *engine) seesMark(name string) evidence {
	return func(r Remote) error {
		switch _, err := r.Lstat(name); {
		case err == nil, fsys.Lost(err):
			return err
		case errors.Is(err, fs.ErrNotExist):
			return &OtherFilesError{r.Side(), "it does not have the file " + quoted(name) + ", which the first one made"}
		default:
			return &OtherFilesError{r.Side(), err.Error()}
		}
	}
}

// unmark removes the marker, if there is one, and waits for whoever makes or removes one.
func (e *engine) unmark() {
	m := &e.same.mark
	e.same.making.Lock()
	defer e.same.making.Unlock()
	name := m.take()
	if name == "" {
		return
	}
	m.closing.Wait()
	if l := e.live(); l == nil || fsys.Lost(l.fs.Remove(name)) {
		e.doubtful.add(m.late(name))
	}
}

// unmarkForGood removes the marker before the root gets its times. No other one is made: that would change them again.
func (e *engine) unmarkForGood() {
	e.same.making.Lock()
	e.same.unmarkable = true
	e.same.making.Unlock()
	e.unmark()
}

// unmarkWithin is for a copy that is being ended: its lanes are closed soon. The channel is closed when nothing is under way any more.
func (e *engine) unmarkWithin(limit time.Duration) <-chan struct{} {
	done := make(chan struct{})
	if e.same.mark.name() == "" {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		e.unmark()
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
	return done
}
