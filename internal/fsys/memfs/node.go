package memfs

import (
	"errors"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"time"

	"mscp/internal/fsys"
)

// Reasons that only a file system's own tools decide on.
var (
	ErrLoop     = errors.New("too many levels of symbolic links")
	ErrNotEmpty = errors.New("directory not empty")
	ErrInvalid  = errors.New("invalid argument")
)

// maxLinks is how many links a path may lead through, as on Linux.
const maxLinks = 40

// Synthetic makes up what a directory holds. rel is a path below it without a leading slash, "" for itself. Its files
// read as zeros and cannot be changed.
type Synthetic struct {
	Lookup func(rel string) (fsys.Info, bool)
	List   func(rel string) iter.Seq[fsys.Info]
}

type node struct {
	mode        fs.FileMode
	mod, access time.Time
	ino         uint64 // 0 in a synthetic directory
	target      string
	kids        map[string]*node
	syn         *Synthetic
	bad         error
	rel         string // of a synthetic entry

	data sync.RWMutex // guards what follows
	buf  []byte
	size int64 // beyond buf the file is zeros
}

func (f *FS) node(n Node) *node {
	made := &node{
		mode: n.Mode, mod: n.ModTime, access: n.Access, target: n.Target, syn: n.Synthetic, bad: n.Bad,
		buf: []byte(n.Data), size: int64(len(n.Data)), ino: f.inos.Add(1),
	}
	if n.Mode.IsDir() {
		made.kids = make(map[string]*node)
	}
	return made
}

func (n *node) isLink() bool { return n.mode&fs.ModeSymlink != 0 }

// child returns the entry called name, or nil.
func (n *node) child(name string) *node {
	if kid := n.kids[name]; kid != nil || n.syn == nil {
		return kid
	}
	rel := strings.TrimPrefix(n.rel+"/"+name, "/")
	info, ok := n.syn.Lookup(rel)
	if !ok {
		return nil
	}
	made := &node{mode: info.Mode, mod: info.ModTime, access: info.Access, size: info.Size}
	if info.IsDir() {
		made.syn, made.rel = n.syn, rel
	}
	return made
}

func (n *node) info(name string) fsys.Info {
	n.data.RLock()
	defer n.data.RUnlock()
	size := n.size
	if n.isLink() {
		size = int64(len(n.target))
	}
	return fsys.Info{Name: name, Size: size, Mode: n.mode, ModTime: n.mod, Access: n.access, Dev: 1, Ino: n.ino}
}

func (n *node) collect(at string, all map[string]Node) {
	for name, kid := range n.kids {
		p := at + "/" + name
		kid.data.RLock()
		all[p] = Node{Mode: kid.mode, Data: string(kid.buf), Target: kid.target}
		kid.data.RUnlock()
		kid.collect(p, all)
	}
}

func (n *node) setAttr(a fsys.Attr) {
	const settable = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	if a.Mode != nil {
		n.mode = n.mode&^settable | *a.Mode&settable
	}
	if a.Times != nil {
		n.mod, n.access = a.Times.Mod, a.Times.Access
	}
}

// place is where a path leads.
type place struct {
	dir  *node // that holds the last name; nil for the root
	name string
	node *node  // nil where the last name does not exist
	path string // absolute, links resolved
}

// find resolves name; a last name that does not exist is no error. The tree's lock is held.
func (f *FS) find(name string, follow bool) (place, error) {
	if !strings.HasPrefix(name, "/") {
		name = f.Home + "/" + name
	}
	trail := []place{{node: f.root}}
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		at, part := trail[len(trail)-1], rest[0]
		rest = rest[1:]
		switch {
		case at.node == nil:
			if part != "" || len(rest) > 0 {
				return place{}, fs.ErrNotExist
			}
			continue // a slash after a missing name
		case !at.node.mode.IsDir():
			return place{}, fsys.ErrNotDir
		case part == "" || part == ".":
			continue
		case part == "..":
			trail = trail[:max(1, len(trail)-1)]
			continue
		}
		part = f.spelling(at.node, part)
		kid := at.node.child(part)
		if kid == nil || !kid.isLink() || (len(rest) == 0 && !follow) {
			trail = append(trail, place{dir: at.node, name: part, node: kid, path: at.path + "/" + part})
			continue
		}
		if links++; links > maxLinks {
			return place{}, ErrLoop
		}
		rest = append(strings.Split(kid.target, "/"), rest...)
		if strings.HasPrefix(kid.target, "/") {
			trail = trail[:1]
		}
	}
	end := trail[len(trail)-1]
	if end.path == "" {
		end.path = "/"
	}
	return end, nil
}

// spelling is how a directory has a name: as it is, unless names fold.
func (f *FS) spelling(dir *node, name string) string {
	if f.Fold == nil || dir.kids[name] != nil {
		return name
	}
	for there := range dir.kids {
		if f.Fold(there) == f.Fold(name) {
			return there
		}
	}
	return name
}

// existing is find for a name that must exist.
func (f *FS) existing(name string, follow bool) (place, error) {
	p, err := f.find(name, follow)
	switch {
	case err != nil:
	case p.node == nil:
		err = fs.ErrNotExist
	default:
		err = p.node.bad
	}
	return p, err
}
