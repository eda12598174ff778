package plan

import (
	"slices"
	"strings"
	"sync"

	"mscp/internal/fsys"
)

// Early is a file system of which some questions were asked before anybody wanted the answers: over a long distance it answers in one
// round trip what would take one after the other. Whatever was not foreseen is asked when it is wanted. The answers are for [Expand], [Land],
// [SelfCopy], [Special] and [FindRoot], before anything is written: from then on they may be wrong.
type Early struct {
	fsys.FS

	answers map[question]*answer // complete when the Early is made
	asking  sync.WaitGroup
}

type question struct{ op, path string }

type answer struct {
	done chan struct{}
	info fsys.Info
	path string
	err  error
}

// EarlyTarget asks for what planning wants to know of a target on dst, for sources that are on another side.
func EarlyTarget(dst fsys.FS, sources []string, target string) *Early {
	e := &Early{FS: dst, answers: make(map[question]*answer)}
	root, _ := trim(target)
	e.lstat(root)
	e.realPath(root)
	if relative(root) {
		e.realPath(".") // the login directory: see [Early.Home]
	}
	parent := parentOf(root)
	e.realPath(parent) // of a name that is not there, some servers tell nothing
	if parent != "." && parent != "/" {
		e.stat(parent)
	}
	if len(sources) > atOnce {
		return e
	}
	for _, s := range sources {
		s, _ = trim(s)
		if name := lastName(s); name != "" {
			e.lstat(join(root, name))
			e.realPath(join(root, name))
		}
	}
	return e
}

// EarlySources asks for what planning wants to know of sources on src.
func EarlySources(src fsys.FS, patterns []string) *Early {
	e := &Early{FS: src, answers: make(map[question]*answer)}
	if slices.ContainsFunc(patterns, relative) {
		e.realPath(".")
	}
	if len(patterns) > atOnce {
		return e
	}
	for _, p := range patterns {
		if hasMeta(p) {
			if !matchesItself(p) {
				e.lstat(p)
			}
			continue
		}
		p, _ = trim(p)
		e.stat(p)
		e.realPath(p)
	}
	return e
}

// Home is the login directory, where a path is relative to it; else nobody asked, and it is empty.
func (e *Early) Home() (string, error) {
	if a := e.answer("realpath", "."); a != nil {
		return a.path, a.err
	}
	return "", nil
}

func relative(p string) bool { return !strings.HasPrefix(p, "/") }

// Wait waits for all answers, wanted or not.
func (e *Early) Wait() { e.asking.Wait() }

func (e *Early) lstat(p string) {
	e.ask(question{"lstat", p}, func(a *answer) { a.info, a.err = e.FS.Lstat(p) })
}

func (e *Early) stat(p string) {
	e.ask(question{"stat", p}, func(a *answer) { a.info, a.err = e.FS.Stat(p) })
}

func (e *Early) realPath(p string) {
	e.ask(question{"realpath", p}, func(a *answer) { a.path, a.err = e.FS.RealPath(p) })
}

func (e *Early) ask(q question, get func(*answer)) {
	if e.answers[q] != nil {
		return
	}
	a := &answer{done: make(chan struct{})}
	e.answers[q] = a
	e.asking.Go(func() {
		defer close(a.done)
		get(a)
	})
}

// learn keeps what a listing tells of an entry, unless it is a link: for that Stat asks what it leads to.
func (e *Early) learn(p string, info fsys.Info) {
	q := question{"stat", p}
	if e == nil || info.Err != nil || info.IsLink() || e.answers[q] != nil {
		return
	}
	a := &answer{done: make(chan struct{}), info: info}
	close(a.done)
	e.answers[q] = a
}

// answer waits for what was asked; nil: it was not.
func (e *Early) answer(op, p string) *answer {
	a := e.answers[question{op, p}]
	if a != nil {
		<-a.done
	}
	return a
}

// Lstat implements fsys.FS.
func (e *Early) Lstat(p string) (fsys.Info, error) {
	if a := e.answer("lstat", p); a != nil {
		return a.info, a.err
	}
	return e.FS.Lstat(p)
}

// Stat implements fsys.FS.
func (e *Early) Stat(p string) (fsys.Info, error) {
	if a := e.answer("stat", p); a != nil {
		return a.info, a.err
	}
	return e.FS.Stat(p)
}

// RealPath implements fsys.FS.
func (e *Early) RealPath(p string) (string, error) {
	if a := e.answer("realpath", p); a != nil {
		return a.path, a.err
	}
	return e.FS.RealPath(p)
}
