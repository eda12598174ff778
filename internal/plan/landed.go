package plan

import (
	"hash/maphash"
	"sync/atomic"

	"mscp/internal/fsys"
)

// Folder is a Sink that tells whether names are one name on its destination. Without it names are taken for as many as they are.
// An error is a lost connection.
type Folder interface {
	// Differ tells, by looking alone, that two names in the directory that lands on dst are two files.
	Differ(dst, a, b string) (bool, error)
	// Folds finds out what that directory folds.
	Folds(dst string) (Folding, error)
	// SameName returns which of others is one with name in that directory; "": none.
	SameName(dst, name string, others []string) (string, error)
}

// landedMax is how many names of a directory are remembered before it is asked whether it folds any: some 80 bytes each.
const landedMax = 4096

// folding is what is known of a directory of the destination; nil inside: nothing.
type folding struct{ atomic.Pointer[Folding] }

func (f *folding) plain() bool {
	known := f.Load()
	return known != nil && !known.Forms && !known.Lossy
}

// landed are the names that land in one directory of the destination, as long as the source's is listed. One that the destination
// may take for another is found without a request, by a key; only then the destination is asked.
type landed struct {
	folder       Folder
	dst          string
	known        *folding
	forms, lossy maphash.Seed        // of the two kinds of keys
	first        map[uint64]string   // with that key
	further      map[uint64][]string // names of their own with the same key
}

// newLanded returns nil where no names are to be told apart.
func newLanded(sink Sink, dst string, known *folding) *landed {
	folder, ok := sink.(Folder)
	if !ok || known.plain() {
		return nil
	}
	return &landed{folder: folder, dst: dst, known: known, forms: maphash.MakeSeed(), lossy: maphash.MakeSeed(), first: make(map[uint64]string), further: make(map[uint64][]string)}
}

// add returns a [*FoldError] for a name that is on the destination that of an earlier one. Its error may also be that of a lost connection.
func (l *landed) add(name string) error {
	if l == nil || l.known.plain() {
		return nil
	}
	for _, key := range l.keys(name) {
		first, met := l.first[key]
		if !met {
			l.first[key] = name
			continue
		}
		others := append([]string{first}, l.further[key]...)
		if same, err := l.same(name, others); err != nil {
			return err
		} else if same != "" {
			return &FoldError{Name: name, First: same}
		}
		if l.known.plain() {
			return nil
		}
		l.further[key] = append(l.further[key], name)
	}
	if len(l.first) >= landedMax { // most fold none, and then none need be remembered
		return l.ask()
	}
	return nil
}

// same tells which of others, whose keys are those of name, is one with it.
func (l *landed) same(name string, others []string) (string, error) {
	if l.known.Load() == nil && len(others) == 1 {
		if differ, err := l.folder.Differ(l.dst, others[0], name); differ || err != nil {
			return "", err
		}
	}
	if err := l.ask(); err != nil || l.known.plain() {
		return "", err
	}
	return l.folder.SameName(l.dst, name, others)
}

// ask has the destination tell what it folds, once.
func (l *landed) ask() error {
	if l.known.Load() != nil {
		return nil
	}
	f, err := l.folder.Folds(l.dst)
	if err != nil {
		return err
	}
	l.known.Store(&f)
	if l.known.plain() {
		l.first, l.further = nil, nil
	}
	return nil
}

// land is add for an entry of a listing. What is skipped lands nowhere.
func (l *landed) land(info fsys.Info) error {
	if !info.IsRegular() && !info.IsDir() && !info.IsLink() {
		return nil
	}
	return l.add(info.Name)
}

// keys are those of a name by which it can be another one.
func (l *landed) keys(name string) (keys []uint64) {
	known := l.known.Load()
	if known == nil || known.Forms {
		keys = append(keys, maphash.String(l.forms, formKey(name)))
	}
	if lossy := lossyKey(name); lossy != "" && (known == nil || known.Lossy) {
		keys = append(keys, maphash.String(l.lossy, lossy))
	}
	return keys
}

// namesIn begins to tell apart the names in a directory: nil is the destination's root. One that this copy has made folds as the one
// that it lies in.
func (w *walker) namesIn(d *Dir) *landed {
	if d == nil {
		return w.root
	}
	above := &w.folds
	if d.Parent != nil {
		above = &d.Parent.folding
	}
	if d.Made {
		d.folding.Store(above.Load())
	}
	return newLanded(w.sink, d.Dst, &d.folding)
}

// distinct are the items without those whose names are on the destination that of another one.
func (w *walker) distinct(items []Item) (kept []Item) {
	for _, item := range items {
		if item.Dst != "" {
			if err := w.root.add(item.Dst); err != nil {
				w.failed(item.Src, err)
				continue
			}
		}
		kept = append(kept, item)
	}
	return kept
}
