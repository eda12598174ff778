package plan

import (
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
// the parent is there it costs one request, where root itself is there two. It reports whether it made root.
func MakeRoot(dst fsys.FS, root string, mode fs.FileMode) (made bool, err error) {
	err = dst.Mkdir(root, mode)
	if parent := parentOf(root); fsys.Missing(err) && parent != root {
		if _, err := MakeRoot(dst, parent, 0o777); err != nil {
			return false, err
		}
		err = dst.Mkdir(root, mode)
	}
	if err == nil {
		return true, nil
	}
	// Mkdir's reason cannot be relied on: SFTP version 3 has no code for a name that exists.
	info, statErr := dst.Stat(root)
	switch {
	case statErr != nil:
		return false, err
	case !info.IsDir():
		return false, &fsys.Error{Side: dst.Side(), Op: "mkdir", Path: root, Err: fsys.ErrNotDir}
	}
	return false, nil
}
