package plan

import "mscp/internal/fsys"

// MakeRoot makes the directory root and its missing parents, with the umask's mode. It begins at the deepest: where
// the parent is there it costs one request, where root itself is there two.
func MakeRoot(dst fsys.FS, root string) error {
	err := dst.Mkdir(root, 0o777)
	if parent := parentOf(root); fsys.Missing(err) && parent != root {
		if err := MakeRoot(dst, parent); err != nil {
			return err
		}
		err = dst.Mkdir(root, 0o777)
	}
	if err == nil {
		return nil
	}
	// Mkdir's reason cannot be relied on: SFTP version 3 has no code for a name that exists.
	info, statErr := dst.Stat(root)
	switch {
	case statErr != nil:
		return err
	case !info.IsDir():
		return &fsys.Error{Side: dst.Side(), Op: "mkdir", Path: root, Err: fsys.ErrNotDir}
	}
	return nil
}
