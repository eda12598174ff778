package plan

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a Sink that keeps what it is told and checks the order of it.
type recorder struct {
	makeDir func(*Dir) error                   // may refuse
	file    func(context.Context, Entry) error // may refuse; on nil it must release the entry

	mu       sync.Mutex
	files    map[string]string // Dst -> Src
	dirs     map[string]string
	made     map[*Dir]bool // not finished yet
	finished []string
	skipped  map[string]string
	failed   map[string]error
	wrong    []string // what a Sink must never see
}

func newRecorder() *recorder {
	return &recorder{
		files: map[string]string{}, dirs: map[string]string{}, made: map[*Dir]bool{},
		skipped: map[string]string{}, failed: map[string]error{},
	}
}

func (r *recorder) MakeDir(_ context.Context, d *Dir) error {
	if r.makeDir != nil {
		if err := r.makeDir(d); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.check(d.Entry, "directory")
	r.dirs[d.Dst] = d.Src
	r.made[d] = true
	return nil
}

func (r *recorder) File(ctx context.Context, e Entry) error {
	r.mu.Lock()
	r.check(e, "file")
	r.files[e.Dst] = e.Src
	r.mu.Unlock()
	if r.file != nil {
		return r.file(ctx, e)
	}
	e.Parent.Release()
	return nil
}

// check notes an entry whose directory is not there, or that comes twice.
func (r *recorder) check(e Entry, what string) {
	if e.Parent != nil && !r.made[e.Parent] {
		r.wrong = append(r.wrong, what+" "+e.Dst+" outside its directory's life")
	}
	if r.files[e.Dst]+r.dirs[e.Dst] != "" {
		r.wrong = append(r.wrong, what+" "+e.Dst+" twice")
	}
}

func (r *recorder) FinishDir(d *Dir) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.made[d] {
		r.wrong = append(r.wrong, "finished what is not made, or twice: "+d.Dst)
	}
	delete(r.made, d)
	for other := range r.made {
		for up := other.Parent; up != nil; up = up.Parent {
			if up == d {
				r.wrong = append(r.wrong, d.Dst+" finished before "+other.Dst)
			}
		}
	}
	r.finished = append(r.finished, d.Dst)
}

func (r *recorder) Skipped(path, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped[path] = what
}

func (r *recorder) Failed(path string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[path] = err
}
