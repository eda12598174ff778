package transfer

import (
	"strings"
	"sync"

	"mscp/internal/bytepath"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// leftovers are what earlier runs have left in each directory of the destination. They are removed before the directory gets its times:
// each removal changes these.
type leftovers struct {
	mu   sync.Mutex            // held while something is removed
	gone map[string][]*earlier // partial files, by directory
	own  map[string][]string   // markers, probes and trial files, by directory: see recordLeft
}

func newLeftovers(all map[string]*earlier) *leftovers {
	l := &leftovers{gone: make(map[string][]*earlier), own: make(map[string][]string)}
	for dst, o := range all {
		for i, f := range o.files {
			dir := bytepath.Plain(bytepath.Dir(f.Part))
			if dst == "" {
				l.own[dir] = append(l.own[dir], f.Part)
			} else if i == 0 { // all of them lie beside the landing place
				l.gone[dir] = append(l.gone[dir], o)
			}
		}
	}
	return l
}

// forgetOwn removes what killed runs have made for themselves in a directory, which can be written to.
func (l *leftovers) forgetOwn(e *engine, dir string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	dir = bytepath.Plain(dir)
	for _, name := range l.own[dir] {
		e.removeOwn(name)
	}
	delete(l.own, dir)
}

// forgetGone removes, from a directory of which all is done, the partial files of sources that are no longer there.
func (l *leftovers) forgetGone(e *engine, dir string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.missed.Load() || e.over() {
		return
	}
	dir = bytepath.Plain(dir)
	for _, o := range l.gone[dir] {
		e.removeGone(o)
	}
	delete(l.gone, dir)
}

// forgetRest is for directories that this run has not met. It is called after the walk.
func (l *leftovers) forgetRest(e *engine) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for dir, names := range l.own {
		for _, name := range names {
			e.removeOwn(name)
		}
		delete(l.own, dir)
	}
	if e.missed.Load() {
		return
	}
	for _, all := range l.gone {
		for _, o := range all {
			e.removeGone(o)
		}
	}
}

// removeGone removes the partial files of a source that the walk has not met.
func (e *engine) removeGone(o *earlier) {
	if o.met.Swap(true) {
		return
	}
	for _, f := range o.files {
		if strings.HasSuffix(f.Part, partSuffix) {
			_ = e.destination().Remove(f.Part)
		}
	}
}

// removeOwn removes what a killed run has made for itself and nobody else can have made: its name is random, and was recorded before.
func (e *engine) removeOwn(name string) {
	if plan.IsProbe(bytepath.Base(name)) {
		_ = plan.RemoveProbe(e.destination(), name)
		return
	}
	if i, err := e.destination().Lstat(name); err == nil && i.IsRegular() && strings.HasSuffix(name, partSuffix) {
		_ = e.destination().Remove(name)
	}
}

// recordLeft records, before it is made, what the next run is to remove: a marker, a probe, or a partial or trial file with a random name.
func (e *engine) recordLeft(name string) {
	if e.Journal == nil {
		return
	}
	_ = e.Journal.File(journal.File{Key: leftKey(name), Part: e.below(name)})
	_ = e.Journal.Flush()
}

// recordRemoved records that nothing is left of it.
func (e *engine) recordRemoved(name string) {
	if e.Journal != nil {
		e.Journal.Commit(leftKey(name))
	}
}
