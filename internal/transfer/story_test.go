package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// story is a job over several runs with one journal.
type story struct {
	upload        bool
	local, remote *memfs.FS
	dir           string         // where the journal lies
	set           func(*Options) // what all runs have in common
	first         func(memfs.Call) bool
	then          func() // done before the first of such calls

	job   *job           // of the last run
	state *journal.State // what it went on with

	mu      sync.Mutex
	calls   int64
	dead    bool
	opened  map[string]bool     // names on either side that were opened or created, as given
	written map[string][]extent // by name
}

// end is how a run ends early: at a certain call on either side.
type end struct {
	how  fate // one of those below
	call int64
}

const (
	runs      fate = iota // to its end
	cancelled             // as by SIGTERM: the journal is closed
	loses                 // its only lane, and finds no other
	dies                  // as by SIGKILL: from that call on nothing reaches either side, nor the journal
)

var errEnded = errors.New("ended")

func newStory(dir string, upload bool, src map[string]memfs.Node) *story {
	j := newJob(upload, 1, src)
	s := &story{upload: upload, local: j.local, remote: j.remote, dir: dir, set: func(*Options) {}}
	seconds := int64(0)
	s.dest().Clock = func() time.Time { // called with the tree's lock held
		seconds++
		return planned.Add(time.Duration(seconds) * time.Second)
	}
	return s
}

func (s *story) source() *memfs.FS {
	if s.upload {
		return s.local
	}
	return s.remote
}

func (s *story) dest() *memfs.FS {
	if s.upload {
		return s.remote
	}
	return s.local
}

func (s *story) path() string { return filepath.Join(s.dir, "journal") }

// run is one run.
func (s *story) run(t require.TestingT, lanes int, o journal.Options, e end) (Summary, error) {
	log, state, err := journal.Open(s.path(), o)
	require.NoError(t, err)
	if state.Job() == nil {
		require.NoError(t, log.Begin([]byte("job")))
	}
	s.job, s.state = s.newRun(lanes, log, state), state
	info, err := s.source().Stat("/src")
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	left := s.arm(t, e, cancel)
	sum, err := s.job.runItem(t, ctx, info)
	s.local.Hook, s.remote.Hook = nil, nil
	require.NoError(t, log.Close())
	if s.dead {
		require.NoError(t, os.WriteFile(s.path(), *left, 0o600))
	}
	return sum, err
}

func (s *story) newRun(lanes int, log *journal.Journal, state *journal.State) *job {
	j := newJob(s.upload, lanes, nil)
	j.local, j.remote = s.local, s.remote
	for _, l := range j.lanes {
		l.to = s.remote
	}
	j.opt.Local, j.opt.Journal, j.opt.State = s.local, log, state
	s.set(&j.opt)
	return j
}

// arm hooks both sides. What it returns is the journal as a run that dies leaves it.
func (s *story) arm(t require.TestingT, e end, cancel func(error)) *[]byte {
	s.calls, s.dead, s.opened, s.written = 0, false, map[string]bool{}, map[string][]extent{}
	left := new([]byte)
	strike := func() {
		switch e.how {
		case loses:
			for _, l := range s.job.lanes {
				l.Close()
			}
		case dies:
			b, err := os.ReadFile(s.path())
			require.NoError(t, err)
			*left, s.dead = b, true
			cancel(errEnded)
		case cancelled:
			cancel(errEnded)
		}
	}
	hook := func(c memfs.Call) error {
		s.mu.Lock()
		now := s.first != nil && s.first(c)
		if now {
			s.first = nil
		}
		s.mu.Unlock()
		if now {
			s.then()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.calls++; s.calls == e.call {
			strike()
		}
		if s.dead {
			return errEnded
		}
		s.note(c)
		return nil
	}
	s.local.Hook, s.remote.Hook = hook, hook
	return left
}

func (s *story) note(c memfs.Call) {
	switch c.Op {
	case "open", "create":
		s.opened[c.Path] = true
	case "write":
		s.written[c.Path] = append(s.written[c.Path], extent{c.Off, int64(c.Len)})
	}
}

// parts are the partial files that are there.
func (s *story) parts() []string {
	var found []string
	for p := range s.dest().Tree() {
		if strings.HasSuffix(p, partSuffix) {
			found = append(found, p)
		}
	}
	slices.Sort(found)
	return found
}

// file is a file of the source as the engine sees it now.
func (s *story) file(t require.TestingT, p string) (*engine, *file) {
	info, err := s.source().Stat("/src" + p)
	require.NoError(t, err)
	e := &engine{Options: s.job.opt, block: testBlock}
	return e, e.newFile(plan.Entry{Src: "/src" + p, Dst: "dst" + p, Info: info})
}

// requireNothingTwice checks what the last run did against what it knew: before are the files of the destination as it began.
func (s *story) requireNothingTwice(t require.TestingT, before map[string]memfs.Node) {
	for f := range s.state.Files() {
		f.Part = (&engine{Options: s.job.opt}).target(f.Part)
		part, there := before[absolute(f.Part)]
		now, same := s.same(t, f)
		switch {
		case same && before[absolute(now.dst)].Data == s.source().Tree()[now.Src].Data && f.Ranges.Has(0, now.Info.Size):
			require.False(t, s.opened[f.Part], "%s was in place", f.Src)
		case !there || int64(len(part.Data)) < f.Ranges.End():
			continue
		}
		for _, w := range s.written[f.Part] {
			for off, n := range f.Ranges.All() {
				require.False(t, w.off < off+n && off < w.off+w.len, "%s: %v was sent again of %d+%d", f.Part, w, off, n)
			}
		}
	}
}

// same returns the source that a journal tells of, if it is still the same.
func (s *story) same(t require.TestingT, old journal.File) (*file, bool) {
	p := strings.TrimPrefix(old.Src, "dst")
	if _, err := s.source().Stat("/src" + p); err != nil {
		return nil, false
	}
	_, now := s.file(t, p)
	return now, now.key == old.Key
}

// requireLeftAlone checks that what was in place was only looked at.
func (s *story) requireLeftAlone(t require.TestingT, before map[string]memfs.Node) {
	for p, n := range below(s.source(), "/src") {
		if !n.Mode.IsRegular() {
			continue
		}
		e, f := s.file(t, p)
		there, ok := before["/dst"+p]
		if !ok || len(there.Data) != len(n.Data) || !s.state.Committed(e.committedKey(f)) {
			continue
		}
		for _, name := range []string{f.Src, f.dst, f.part} {
			require.False(t, s.opened[name], "%s was opened again", name)
		}
	}
}

// absolute is a name of either side as memfs lists it.
func absolute(name string) string { return "/" + strings.TrimPrefix(name, "/") }

// after so many acknowledged bytes the journal writes by itself.
func after(bytes int64) journal.Options {
	return journal.Options{SyncEvery: 1000 * time.Hour, SyncBytes: bytes}
}

func (e end) String() string { return fmt.Sprintf("%d at %d", e.how, e.call) }
