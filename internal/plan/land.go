package plan

import (
	"fmt"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

// Landing says where the sources land.
type Landing struct {
	Root       string // the destination directory below which everything lands
	RootExists bool   // it is known to be there; otherwise see [MakeRoot]
	Items      []Item
	Failures   []Failure // sources that cannot be copied; the others can

	inside bool // Root is the target, and is there
	parent bool // Root is the parent of a target that is not there: most often a directory
}

// Item is one source that is there.
type Item struct {
	Src  string
	Dst  string    // relative to Root; "" is Root itself
	Info fsys.Info // of the source, links followed
	// Contents is set where only what lies in the directory Src is copied and Root keeps its own mode. Without it a
	// directory with Dst "" becomes Root, with its mode.
	Contents bool
	InPlace  bool // as in [Entry]

	special map[string]bool // with Contents: the names in it that land in place
	match   string          // with Contents: only names that match this pattern; empty: all
}

// Failure is a source that cannot be copied.
type Failure struct {
	Path string
	Err  error
}

// CollisionError is two sources that would land on one name.
type CollisionError struct {
	A, B string
	Dst  string // on the destination
}

func (e *CollisionError) Error() string {
	return fmt.Sprintf("%s and %s would both land on %s", quote.Name(e.A), quote.Name(e.B), quote.Name(e.Dst))
}

// BecomeRoot makes the one source directory become Root, whatever is there by now: an earlier run of the same job had
// found nothing at the target, and made it of this directory.
func (l *Landing) BecomeRoot() {
	if len(l.Items) == 1 && l.Items[0].Info.IsDir() && l.Items[0].match == "" {
		l.Items[0].Dst, l.Items[0].Contents = "", false
	}
}

// Path returns the destination path of what lands on dst, a path relative to Root.
func (l *Landing) Path(dst string) string { return join(l.Root, dst) }

// Land says where each source lands at target. It writes nothing.
//
//	source                      target is a directory   target does not exist
//	file                        target/base             target
//	file, and target ends in /  target/base             target/base
//	directory                   target/base/...         target/...
//	directory, target ends in / target/base/...         target/base/...
//	several                     target/base             target/base
//	., .., x/.. and /           target/...              target/...
//
// A target that exists and is no directory takes one source that is no directory: what the target's link leads to is
// replaced, not the link, and a device or a FIFO is written in place; for one inside the target see [Special]. A link that
// leads nowhere counts as a name that does not exist.
//
// Errors are an [*fsys.Error] (ErrNotDir where the target cannot hold the sources) or a [*CollisionError]. A source
// that is not there is no error but one of Failures.
func Land(src, dst fsys.FS, sources []string, target string) (*Landing, error) {
	t, err := look(dst, target)
	if err != nil {
		return nil, err
	}
	l := &Landing{}
	found, err := l.stat(src, sources)
	if err != nil {
		return nil, err
	}
	switch several := len(sources) > 1; {
	case t.exists && !t.info.IsDir():
		err = l.onFile(t, found, several)
	case t.exists:
		l.under(t.path, found)
		l.RootExists, l.inside = true, true
	default:
		l.onNew(t, found, several)
	}
	if err != nil {
		return nil, err
	}
	return l, l.checkNames(src)
}

// FindRoot reports whether Root is known to be there after all: where it is the parent of a new name, that is asked with one request. Only
// then is it to be trusted; else there is [MakeRoot]. Its error means that the connection is lost.
func FindRoot(dst fsys.FS, l *Landing) (there bool, err error) {
	if !l.parent {
		return l.RootExists, nil
	}
	info, err := dst.Stat(l.Root)
	return err == nil && info.IsDir(), lostOnly(err)
}

// target is what is known of the target.
type target struct {
	side   string
	path   string // trimmed
	isDir  bool   // as written it can only be a directory
	exists bool
	info   fsys.Info
}

// look finds out what the target is, with one request where it is no link.
func look(dst fsys.FS, name string) (target, error) {
	t := target{side: dst.Side()}
	t.path, t.isDir = trim(name)
	info, err := dst.Lstat(t.path)
	if err == nil && info.IsLink() {
		info, err = dst.Stat(t.path)
		if err == nil && info.IsRegular() {
			t.path, err = dst.RealPath(t.path)
		}
	}
	if err != nil && !fsys.Missing(err) {
		return target{}, err
	}
	t.exists, t.info = err == nil, info
	return t, nil
}

func (t target) notDir() error {
	return &fsys.Error{Side: t.side, Op: "copy into", Path: t.path, Err: fsys.ErrNotDir}
}

// onFile lands a source on a target that exists and is no directory.
func (l *Landing) onFile(t target, found []source, several bool) error {
	if several || t.isDir {
		return t.notDir()
	}
	l.Root, l.RootExists = parentOf(t.path), true
	for _, s := range found {
		if s.info.IsDir() {
			return t.notDir()
		}
		item := Item{Src: s.path, Dst: lastName(t.path), Info: s.info, InPlace: !t.info.IsRegular()}
		l.Items = append(l.Items, item)
	}
	return nil
}

// onNew lands sources on a target that does not exist.
func (l *Landing) onNew(t target, found []source, several bool) {
	if several || len(found) == 0 {
		l.under(t.path, found)
		return
	}
	switch s := found[0]; {
	case t.isDir: // a second run finds the directory, and lands in the same place
		l.under(t.path, found)
	case s.info.IsDir():
		l.Root = t.path
		l.Items = []Item{{Src: s.path, Info: s.info}}
	default:
		l.Root = parentOf(t.path)
		l.RootExists = l.Root == "." || l.Root == "/"
		l.parent = !l.RootExists
		l.Items = []Item{{Src: s.path, Dst: lastName(t.path), Info: s.info}}
	}
}

// under lands each source under its own name in the directory root.
func (l *Landing) under(root string, found []source) {
	l.Root = root
	for _, s := range found {
		name := lastName(s.path)
		l.Items = append(l.Items, Item{Src: s.path, Dst: name, Info: s.info, Contents: name == ""})
	}
}

// checkNames refuses two sources on one name, and drops a source that was named twice. What the contents of a nameless source
// are called is not known yet, so two of those are refused together, and one is asked for the others' names.
func (l *Landing) checkNames(src fsys.FS) error {
	first := make(map[string]Item, len(l.Items))
	kept := l.Items[:0]
	for _, item := range l.Items {
		other, taken := first[item.Dst]
		if taken && !sameSource(other.Src, item.Src) {
			return &CollisionError{A: other.Src, B: item.Src, Dst: l.Path(item.Dst)}
		}
		if !taken {
			first[item.Dst] = item
			kept = append(kept, item)
		}
	}
	l.Items = kept
	if spread, ok := first[""]; ok && len(first) > 1 {
		return l.checkContents(src, spread)
	}
	return nil
}

// checkContents refuses a source that lands on one of the contents of spread, and drops one that is among them.
func (l *Landing) checkContents(src fsys.FS, spread Item) error {
	kept := l.Items[:0]
	for _, item := range l.Items {
		same := join(spread.Src, item.Dst)
		if item.Dst == "" {
			kept = append(kept, item)
			continue
		}
		if sameSource(same, item.Src) {
			continue
		}
		if _, err := src.Lstat(same); err == nil {
			return &CollisionError{A: same, B: item.Src, Dst: l.Path(item.Dst)}
		} else if fsys.Lost(err) {
			return err
		}
		kept = append(kept, item)
	}
	l.Items = kept
	return nil
}
