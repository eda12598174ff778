package plan

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

// SelfCopyError is a source that lands on itself or, a directory, inside itself.
type SelfCopyError struct{ Src, Dst string }

func (e *SelfCopyError) Error() string {
	return fmt.Sprintf("%s and %s are the same, or one lies inside the other, on one machine", quote.Name(e.Src), quote.Name(e.Dst))
}

// Meeting is a source whose destination has the same path, or one inside it.
type Meeting struct {
	Src, Dst string
	dir      string // where the two are, links resolved
}

// Meetings finds out which sources would be copied onto themselves or into themselves, if both sides were one machine.
func Meetings(src, dst fsys.FS, l *Landing) ([]Meeting, error) {
	meets := make([]string, len(l.Items)) // where Items[i] meets itself
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, item := range l.Items {
		group.Go(func() (err error) {
			meets[i], err = meet(src, dst, item, l.Path(item.Dst))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []Meeting
	for i, item := range l.Items {
		dir := meets[i]
		if dir != "" && !item.Info.IsDir() {
			dir = parentOf(dir)
		}
		if dir != "" {
			found = append(found, Meeting{item.Src, l.Path(item.Dst), dir})
		}
	}
	return found, nil
}

// SelfCopy finds out whether any source would be copied onto itself or into itself; then the error is a [*SelfCopyError].
//
// The two sides may be one machine under any name, and SFTP tells no identity of files. So where the paths coincide, a file with a random
// name (from random) is made on the destination and looked for on the source, then removed. note is told of its path before. Where it cannot
// be made, nothing else can be either: the sides then count as different.
func SelfCopy(src, dst fsys.FS, all []Meeting, random io.Reader, note func(probe string)) error {
	probed := make(map[string]bool)
	for _, m := range all {
		if probed[m.dir] {
			continue
		}
		probed[m.dir] = true
		if same, err := probe(src, dst, m.dir, random, note); err != nil {
			return err
		} else if same {
			return &SelfCopyError{Src: m.Src, Dst: m.Dst}
		}
	}
	return nil
}

// meet returns the real path of where, the item's destination, if it is the item's own or lies inside the item, else "".
func meet(src, dst fsys.FS, item Item, where string) (string, error) {
	from, err := src.RealPath(item.Src)
	if err != nil {
		return "", lostOnly(err)
	}
	to, err := realPath(dst, where)
	if err != nil {
		return "", lostOnly(err)
	}
	if to == from || item.Info.IsDir() && within(to, from) && takes(item.match, firstName(to, from)) {
		return to, nil
	}
	return "", nil
}

// firstName is the first name below dir on the way to p, which lies within it.
func firstName(p, dir string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(p[len(dir):], "/"), "/")
	return name
}

// realPath resolves a path whose end need not exist: servers differ in what they do with those.
func realPath(f fsys.FS, p string) (string, error) {
	real, err := f.RealPath(p)
	parent := parentOf(p)
	if !fsys.Missing(err) || parent == p {
		return real, err
	}
	if real, err = realPath(f, parent); err != nil {
		return "", err
	}
	if strings.HasSuffix(p, "..") && lastName(p) == "" { // what is missing is made as a plain directory
		return parentOf(real), nil
	}
	return join(real, lastName(p)), nil
}

// probe reports whether both sides see one directory under the path dir, or under its deepest parent that exists.
func probe(src, dst fsys.FS, dir string, random io.Reader, note func(probe string)) (same bool, err error) {
	name, err := ProbeName(random)
	if err != nil {
		return false, err
	}
	note(join(dir, name))
	f, err := dst.Create(join(dir, name), 0o600, false)
	for fsys.Missing(err) && parentOf(dir) != dir {
		dir = parentOf(dir)
		note(join(dir, name))
		f, err = dst.Create(join(dir, name), 0o600, false)
	}
	if err != nil {
		return false, lostOnly(err)
	}
	closeErr := f.Close()
	_, lookErr := src.Lstat(join(dir, name))
	removeErr := dst.Remove(join(dir, name))
	return lookErr == nil, errors.Join(closeErr, removeErr, lostOnly(lookErr))
}
