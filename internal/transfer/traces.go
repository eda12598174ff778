package transfer

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"mscp/internal/fsys"
)

// traces are what this run has left on the server, or taken from it. They have to tell where the only lane is lost and no evidence was
// made before: a copy over one lane pays nothing for the proof.
type traces struct {
	mu    sync.Mutex
	first []trace         // found first by the walk
	begun map[*file]trace // of several blocks, opened and not ended
	done  []trace         // in place, the latest last
	dir   string          // of an upload: the directory that was made last
}

// trace is a file with what it was then: the file's own fields change when it gets its name.
type trace struct {
	*file
	size int64
	mod  time.Time
}

func newTrace(f *file) trace { return trace{f, f.Info.Size, f.Info.ModTime} }

// same tells whether a source is what it was.
func (t trace) same(i fsys.Info) bool {
	return i.Size == t.size && (t.size == 0 || i.ModTime.Unix() == t.mod.Unix())
}

func (t *traces) find(f *file) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.kept { // it is left alone
		return
	}
	if len(t.first) < sightFiles && (f.Info.Size > 0 || len(t.first) == 0) {
		t.first = append(t.first, newTrace(f))
	}
}

func (t *traces) begin(f *file) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun == nil {
		t.begun = make(map[*file]trace)
	}
	t.begun[f] = newTrace(f)
}

// end forgets a file that is begun, and remembers it as one of those in place.
func (t *traces) end(f *file, inPlace bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.begun, f)
	if inPlace && f.Info.Size > 0 && !f.toEnd && !f.grown { // those are not as long as was planned
		if len(t.done) == sightFiles {
			t.done = slices.Delete(t.done, 0, 1)
		}
		t.done = append(t.done, newTrace(f))
	}
}

func (t *traces) made(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dir = dir
}

// directory is one that has to be there: the root, or the one that was made last.
func (t *traces) directory(root string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dir != "" {
		return t.dir
	}
	return root
}

func (t *traces) found() []trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.first)
}

// left are some of the files that are begun, and those that ended last.
func (t *traces) left() (begun, done []trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for f, what := range t.begun {
		if f.failed() != nil {
			continue
		}
		if begun = append(begun, what); len(begun) == sightFiles {
			break
		}
	}
	return begun, slices.Clone(t.done)
}

// view is what a lane shows of one file.
type view int

const (
	unclear view = iota // it is not there, or was changed
	matches
	other // it is there, with other content
)

// settleWithin is how long lost lanes have to settle. Only a worker that waits for a lane itself, as a directory's end does, takes longer.
const settleWithin = 2 * time.Second

// settle waits for the workers of lost lanes: one that has just read a file leaves its trace only when that is in place.
func (e *engine) settle() {
	limit := settleWithin
	if e.StallTimeout > 0 {
		limit = min(limit, e.StallTimeout/4)
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	for _, w := range e.working() {
		if !w.lost.Load() {
			continue
		}
		select {
		case <-w.worked:
		case <-late.C:
			return
		}
	}
}

// seesTraces wants what lost lanes have left to be seen.
func (e *engine) seesTraces(r Remote) error {
	e.settle()
	begun, done := e.same.traces.left()
	views := map[view]int{}
	for _, f := range begun {
		v, err := e.viewBegun(r, f)
		if err != nil {
			return err
		}
		views[v]++
	}
	for _, f := range done {
		v, err := e.viewDone(r, f)
		if err != nil {
			return err
		}
		views[v]++
	}
	return e.judge(r, views)
}

// judge decides by what is not sure by itself.
func (e *engine) judge(r Remote, views map[view]int) error {
	number, err := e.numberOf(r)
	switch {
	case err != nil:
		return err
	case differ(number, e.same.number.known()):
		return &OtherFilesError{r.Side(), "it is another file system"}
	case views[other] > 0, e.Upload && views[unclear] > 0, views[unclear] > 0 && views[matches] == 0:
		return &OtherFilesError{r.Side(), "it does not have the files that were copied before the connection was lost"}
	case e.Upload:
		return e.seesDirectory(r)
	case len(views) == 0:
		return e.seesBeginning(r)
	}
	return nil
}

// seesDirectory is for a lane that was lost before any file was in place.
func (e *engine) seesDirectory(r Remote) error {
	dir := e.same.traces.directory(e.Root)
	if dir == "" {
		return nil
	}
	switch i, err := r.Stat(dir); {
	case fsys.Lost(err):
		return err
	case err != nil || !i.IsDir():
		return &OtherFilesError{r.Side(), "it does not have the directory " + quoted(dir)}
	}
	return nil
}

// seesBeginning is for a download whose lane was lost before it had copied anything: what was found first must be as it was.
func (e *engine) seesBeginning(r Remote) error {
	for _, f := range e.same.traces.found() {
		i, err := r.Stat(f.Src)
		switch {
		case fsys.Lost(err):
			return err
		case err == nil && f.same(i):
			return nil
		}
	}
	if len(e.same.traces.found()) > 0 {
		return &OtherFilesError{r.Side(), "files of the same name differ"}
	}
	return nil
}

// viewBegun looks at a file that is on its way.
func (e *engine) viewBegun(r Remote, f trace) (view, error) {
	if !e.Upload {
		return e.compareSource(r, f, f.part)
	}
	i, err := r.Lstat(f.part)
	switch {
	case err == nil:
		return e.compareCopy(r, f, i)
	case errors.Is(err, fs.ErrNotExist) && f.left.Load() == 0: // perhaps it was renamed, and the answer was lost
		return e.viewDone(r, f)
	}
	return unclear, onlyLost(err)
}

// viewDone looks at a file that is in place.
func (e *engine) viewDone(r Remote, f trace) (view, error) {
	if !e.Upload {
		return e.compareSource(r, f, f.dst)
	}
	i, err := r.Lstat(f.dst)
	switch {
	case err != nil:
		return unclear, onlyLost(err)
	case !i.IsRegular() || i.Size == f.size && (!e.keepsTimes() || i.ModTime.Unix() == f.mod.Unix()):
		return matches, nil
	}
	return unclear, nil
}

// compareSource compares what was read last of a source with the copy of it on this machine.
func (e *engine) compareSource(r Remote, f trace, copied string) (view, error) {
	i, err := r.Stat(f.Src)
	if err != nil || !f.same(i) {
		return unclear, onlyLost(err)
	}
	return e.compareLatest(f, r, f.Src, e.Local, copied)
}

// compareCopy compares what was written last to a file that is written in place with its source.
func (e *engine) compareCopy(r Remote, f trace, i fsys.Info) (view, error) {
	switch off, n := f.latest(); {
	case !i.IsRegular() || n == 0:
		return matches, nil // a device keeps nothing that could be compared
	case i.Size < off+n:
		return other, nil
	}
	return e.compareLatest(f, r, f.part, e.Local, f.Src)
}

// compareLatest compares the block that was acknowledged last. Only a lost lane is an error: what cannot be read is taken for alike.
func (e *engine) compareLatest(f trace, r Remote, theirs string, local fsys.FS, ours string) (view, error) {
	off, n := f.latest()
	if n == 0 {
		n = min(f.size, sightBlock)
	}
	want, lerr := readAt(local, ours, off, n)
	got, err := readAt(r, theirs, off, min(n, int64(r.Block())))
	switch {
	case err != nil || lerr != nil || len(want) == 0:
		return matches, onlyLost(err)
	case !bytes.HasPrefix(want, got) || len(got) == 0:
		return other, nil
	}
	return matches, nil
}

func readAt(side fsys.FS, name string, off, n int64) ([]byte, error) {
	h, err := side.Open(name)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return readSome(h, off, n)
}
