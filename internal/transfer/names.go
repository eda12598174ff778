package transfer

import (
	"crypto/rand"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// Differ implements plan.Folder: both names are there, from an earlier run, and are two files.
func (s *sink) Differ(dir, a, b string) (bool, error) {
	e := (*engine)(s)
	var looks []fsys.Info
	for _, name := range []string{a, b, a} { // the first twice: it may be replaced just then
		i, err := e.destination().Lstat(bytepath.Join(e.target(dir), name))
		if err != nil {
			return false, lostOnly(err)
		}
		looks = append(looks, i)
	}
	return alike(looks[0], looks[2]) && !alike(looks[0], looks[1]), nil
}

// alike tells that two looks may have been at one file. Without inode numbers, two files can be alike.
func alike(a, b fsys.Info) bool {
	return a.Ino == b.Ino && a.Dev == b.Dev && a.Size == b.Size && a.Mode == b.Mode && a.ModTime.Equal(b.ModTime)
}

// Folds implements plan.Folder. Of a directory where nothing can be made to find out, all is believed.
func (s *sink) Folds(dir string) (plan.Folding, error) {
	e := (*engine)(s)
	var folds plan.Folding
	err := e.inProbe(dir, func(probe string) (err error) {
		folds, err = plan.ProbeFolding(e.destination(), probe)
		return err
	})
	if err != nil {
		return plan.Folding{Forms: true, Lossy: true}, lostOnly(err)
	}
	return folds, nil
}

// SameName implements plan.Folder. Where a probe cannot be made, a name that is there already is taken for the first of the others.
func (s *sink) SameName(dir, name string, others []string) (string, error) {
	e := (*engine)(s)
	same := ""
	err := e.inProbe(dir, func(probe string) (err error) {
		same, err = plan.ProbeNames(e.destination(), probe, name, others)
		return err
	})
	if err == nil || fsys.Lost(err) {
		return same, err
	}
	if _, err := e.destination().Lstat(bytepath.Join(e.target(dir), name)); err != nil {
		return "", lostOnly(err)
	}
	return others[0], nil
}

// inProbe has a directory asked by a probe in it, which the next run removes where this one is killed.
func (e *engine) inProbe(dir string, ask func(probe string) error) error {
	name, err := plan.ProbeName(rand.Reader)
	if err != nil {
		return err
	}
	probe := bytepath.Join(e.target(dir), name)
	e.recordLeft(probe)
	if err := ask(probe); err != nil {
		return err
	}
	e.recordRemoved(probe)
	return nil
}

func lostOnly(err error) error {
	if fsys.Lost(err) {
		return err
	}
	return nil
}
