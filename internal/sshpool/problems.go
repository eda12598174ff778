package sshpool

import (
	"errors"
	"io/fs"
	"slices"
)

// problem is why a key or an agent was not used.
type problem struct {
	err  error
	told told
}

// told says who wants to know of a problem.
type told int

const (
	// toAll is for what the user asked for by name, and for what is dangerous: before a question, after a login, and beside an error.
	toAll told = iota
	// onFailure is for what may be as it should be while another way in is open.
	onFailure
	// onDetail is for default files: only with -v.
	onDetail
)

// problem notes why a key or an agent was not used.
func (l *login) problem(err error, to told) {
	l.noTerminal = l.noTerminal || errors.Is(err, ErrNoTerminal)
	if errors.Is(err, ErrNoTerminal) {
		l.unasked = err
	}
	if to == onDetail && l.a.once(err.Error()) {
		l.a.o.Log(0, "%v", err)
	} else {
		l.a.o.Log(1, "connection %d: %v", l.conn.id, err)
	}
	l.problems = append(l.problems, problem{err, to})
}

// tell shows what the user should know before a question or after a login, once.
func (l *login) tell() {
	for _, p := range l.problems {
		if p.told == toAll && l.a.once(p.err.Error()) {
			l.a.o.Notice(p.err.Error())
		}
	}
}

// untold are the problems that go with a failure.
func (l *login) untold() (texts []string) {
	for _, p := range l.problems {
		if p.told != onDetail && l.a.once(p.err.Error()) {
			texts = append(texts, p.err.Error())
		}
	}
	return texts
}

// once reports whether a text is new.
func (a *auth) once(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.told, text) {
		return false
	}
	a.told = append(a.told, text)
	return true
}

// filesTold says who wants to know of a key file: everybody, if the user named it.
func (a *auth) filesTold() told {
	if a.host.IdentityFilesSet {
		return toAll
	}
	return onDetail
}

// fileProblem classifies what is wrong with a key file. That a default file does not exist is no problem.
func (a *auth) fileProblem(err error) {
	to := a.filesTold()
	if errors.As(err, new(*unprotectedError)) {
		to = toAll
	}
	if to == toAll || !errors.Is(err, fs.ErrNotExist) {
		a.problems = append(a.problems, problem{err, to})
	}
}
