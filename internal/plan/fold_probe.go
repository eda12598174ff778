package plan

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
)

// variants are names, and other names under which a file system that folds finds them.
func variants() (forms, lossy []variant) {
	forms = []variant{
		{"Aé", []string{"aé", "AÉ", "Ae\u0301"}},
		{"Bﬁ", []string{"Bfi"}}, {"C", []string{"C.", "C "}}, {"Dß", []string{"Dss"}}, {"E\u200d", []string{"E"}},
	}
	lossy = []variant{
		{"G\xff", []string{"G\xfe", "G\ufffd", "G?", "G_"}},
		{"Hé", []string{"Hü", "H?", "H_"}}, {"I日", []string{"I本", "I??"}}, {"J:", []string{"J?", "J*", "J_"}},
	}
	return forms, lossy
}

type variant struct {
	name   string
	others []string
}

// ProbeFolding finds out what a directory folds, in a directory probe that it makes in there, of a name by [ProbeName], and removes. It takes
// six round trips. Names that are refused are not folded.
func ProbeFolding(dst fsys.FS, probe string) (found Folding, err error) {
	forms, lossy := variants()
	err = inProbe(dst, probe, func() error {
		var group errgroup.Group
		group.Go(func() (err error) { found.Forms, err = foundAs(dst, probe, forms); return err })
		group.Go(func() (err error) { found.Lossy, err = foundAs(dst, probe, lossy); return err })
		return group.Wait()
	})
	return found, err
}

// ProbeNames tells which of others is one with name in a directory, as ProbeFolding does; "": none.
func ProbeNames(dst fsys.FS, probe, name string, others []string) (same string, err error) {
	err = inProbe(dst, probe, func() (err error) {
		same, err = lookFor(dst, probe, variant{name, others})
		return err
	})
	return same, err
}

// inProbe makes a directory of a random name, and removes it when do is done. One that is there was made over a connection that was lost.
func inProbe(dst fsys.FS, probe string, do func() error) error {
	if err := dst.Mkdir(probe, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	err := do()
	rerr := dst.Remove(probe)
	if rerr != nil && !fsys.Lost(rerr) { // it is gone, or a lost connection's server has made a name in it late
		rerr = RemoveProbe(dst, probe)
	}
	return errors.Join(err, rerr)
}

// foundAs tells whether any of the variants is found under another name.
func foundAs(dst fsys.FS, dir string, all []variant) (bool, error) {
	var group errgroup.Group
	same := make([]string, len(all))
	for i, v := range all {
		group.Go(func() (err error) { same[i], err = lookFor(dst, dir, v); return err })
	}
	err := group.Wait()
	return strings.Join(same, "") != "", err
}

// lookFor makes a file in a directory, looks for it under other names, and removes it. It returns the other name that finds it.
func lookFor(dst fsys.FS, dir string, v variant) (string, error) {
	f, err := dst.Create(join(dir, v.name), 0o600, false)
	if err != nil {
		return "", lostOnly(err) // no such name can be there
	}
	err = lostOnly(f.Close())
	there := make([]bool, len(v.others))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, other := range v.others {
		group.Go(func() error {
			_, err := dst.Lstat(join(dir, other))
			there[i] = err == nil
			return lostOnly(err)
		})
	}
	err = errors.Join(err, group.Wait(), unlessMissing(dst.Remove(join(dir, v.name))))
	if i := slices.Index(there, true); i >= 0 {
		return v.others[i], err
	}
	return "", err
}
