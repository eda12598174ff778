package memfs

import (
	"io/fs"
	"slices"
	"strings"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
)

// Stat follows links.
func (f *FS) Stat(name string) (fsys.Info, error) { return f.stat("stat", name, true) }

// Lstat does not follow a link.
func (f *FS) Lstat(name string) (fsys.Info, error) { return f.stat("lstat", name, false) }

func (f *FS) stat(op, name string, follow bool) (info fsys.Info, err error) {
	err = f.call(Call{Op: op, Path: name}, f.mu.RLocker(), func() error {
		p, err := f.existing(name, follow)
		if err == nil {
			info = f.shown(p.node, name)
		}
		return err
	})
	return info, err
}

// List calls fn for the stored entries in the order of their names, then for the synthetic ones.
func (f *FS) List(name string, fn func(fsys.Info) error) error {
	var dir *node
	var stored []fsys.Info
	err := f.call(Call{Op: "list", Path: name}, f.mu.RLocker(), func() error {
		p, err := f.existing(name, true)
		if err != nil {
			return err
		}
		if dir = p.node; !dir.mode.IsDir() {
			return fsys.ErrNotDir
		}
		for entry, kid := range dir.kids {
			info := f.shown(kid, bytepath.Join(name, entry))
			if kid.bad != nil {
				info = fsys.Info{Name: entry, Err: f.wrap("lstat", bytepath.Join(name, entry), kid.bad)}
			}
			stored = append(stored, info)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(stored, func(a, b fsys.Info) int { return strings.Compare(a.Name, b.Name) })
	for _, info := range stored {
		if err := fn(info); err != nil {
			return err
		}
	}
	if dir.syn == nil {
		return nil
	}
	for info := range dir.syn.List(dir.rel) {
		if err := fn(info); err != nil {
			return err
		}
	}
	return nil
}

// RealPath resolves all links; as with realpath(3) the name must exist.
func (f *FS) RealPath(name string) (real string, err error) {
	err = f.call(Call{Op: "realpath", Path: name}, f.mu.RLocker(), func() error {
		p, err := f.existing(name, true)
		real = p.path
		return err
	})
	return real, err
}

// Mkdir makes one directory.
func (f *FS) Mkdir(name string, perm fs.FileMode) error {
	return f.call(Call{Op: "mkdir", Path: name}, &f.mu, func() error {
		p, err := f.find(name, false)
		if err == nil && p.node != nil {
			err = fs.ErrExist
		}
		if err != nil {
			return err
		}
		inherited := p.dir.mode & fs.ModeSetgid // as on Linux
		return f.add(p, Node{Mode: fs.ModeDir | perm.Perm()&^f.Umask | inherited})
	})
}

// add makes n where p leads, which does not exist.
func (f *FS) add(p place, n Node) error {
	if p.dir.syn != nil {
		return fsys.ErrReadOnly
	}
	made := f.node(n)
	made.mod = f.now(made.mod)
	p.dir.kids[p.name] = made
	return nil
}

// SetAttr changes what a has, following links.
func (f *FS) SetAttr(name string, a fsys.Attr) error {
	return f.call(Call{Op: "setattr", Path: name}, &f.mu, func() error {
		p, err := f.existing(name, true)
		if err == nil {
			p.node.setAttr(a)
		}
		return err
	})
}

// Rename moves a file or a directory, replacing a file or an empty directory.
func (f *FS) Rename(oldname, newname string) (atomic bool, err error) {
	err = f.call(Call{Op: "rename", Path: oldname, To: newname}, &f.mu, func() error {
		from, err := f.existing(oldname, false)
		if err != nil {
			return err
		}
		to, err := f.find(newname, false)
		switch {
		case err != nil:
			return err
		case from.dir == nil || to.dir == nil || strings.HasPrefix(to.path+"/", from.path+"/") && to.path != from.path:
			return ErrInvalid
		case to.node == nil:
		case to.node.mode.IsDir() && !from.node.mode.IsDir():
			return fsys.ErrIsDir
		case from.node.mode.IsDir() && !to.node.mode.IsDir():
			return fsys.ErrNotDir
		case to.node != from.node && len(to.node.kids) > 0:
			return ErrNotEmpty
		}
		delete(from.dir.kids, from.name)
		to.dir.kids[to.name] = from.node
		return nil
	})
	return err == nil, err
}

// Remove removes a file, a link or an empty directory.
func (f *FS) Remove(name string) error {
	return f.call(Call{Op: "remove", Path: name}, &f.mu, func() error {
		p, err := f.existing(name, false)
		switch {
		case err != nil:
			return err
		case p.dir == nil || p.dir.syn != nil:
			return ErrInvalid
		case len(p.node.kids) > 0:
			return ErrNotEmpty
		}
		delete(p.dir.kids, p.name)
		return nil
	})
}

// Space reports Free.
func (f *FS) Space(name string) (space fsys.Space, err error) {
	err = f.call(Call{Op: "space", Path: name}, f.mu.RLocker(), func() error {
		if _, err := f.existing(name, true); err != nil {
			return err
		}
		if f.Free == nil {
			return fsys.ErrUnsupported
		}
		space = *f.Free
		return nil
	})
	return space, err
}
