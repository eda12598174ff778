package plan

import (
	"errors"
	"io/fs"

	"mscp/internal/fsys"
)

// RootMode is what MakeRoot makes the root with: the mode of the directory that becomes it, as far as it can be written to, or the
// umask's.
func (l *Landing) RootMode() fs.FileMode {
	for _, i := range l.Items {
		if i.Dst == "" && !i.Contents && i.Info.IsDir() {
			return i.Info.Mode.Perm() | 0o700
		}
	}
	return 0o777
}

// MakeRoot makes the directory root, with mode before the umask, and its missing parents, with the umask's. It begins at the deepest: where
// the parent is there it costs one request, where root itself is there two. It returns the
// directories that it made, the topmost first: the last one is root.
func MakeRoot(dst fsys.FS, root string, mode fs.FileMode) (made []string, err error) {
	err = dst.Mkdir(root, mode)
	if parent := parentOf(root); fsys.Missing(err) && parent != root {
		if made, err = MakeRoot(dst, parent, 0o777); err != nil {
			return made, err
		}
		err = dst.Mkdir(root, mode)
	}
	if err == nil {
		return append(made, root), nil
	}
	// Mkdir's reason cannot be relied on: SFTP version 3 has no code for a name that exists.
	info, statErr := dst.Stat(root)
	switch {
	case fsys.Missing(statErr) && errors.Is(err, fs.ErrExist):
		return made, &fsys.Error{Side: dst.Side(), Op: "make directory", Path: root, Err: fsys.ErrDangling}
	case statErr != nil:
		return made, err
	case !info.IsDir():
		return made, &fsys.Error{Side: dst.Side(), Op: "mkdir", Path: root, Err: fsys.ErrNotDir}
	}
	return made, nil
}

// Where is the path that the copy lands on: the one source's, or the directory's that holds several.
func (l *Landing) Where() string {
	if len(l.Items) == 1 {
		return l.Path(l.Items[0].Dst)
	}
	return l.Root
}

// NewParents are those of the directories that MakeRoot made which the source does not become.
func (l *Landing) NewParents(made []string) []string {
	if len(made) > 0 && len(l.Items) == 1 && l.Items[0].Dst == "" && !l.Items[0].Contents {
		return made[:len(made)-1]
	}
	return made
}
