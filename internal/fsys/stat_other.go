//go:build !linux

package fsys

import (
	"io/fs"
	"os"

	"mscp/internal/bytepath"
)

func localInfo(fi fs.FileInfo) Info {
	return Info{Name: fi.Name(), Size: fi.Size(), Mode: fi.Mode(), ModTime: fi.ModTime()}
}

// lstatAt asks for an entry of a directory that is open.
func lstatAt(d *os.File, name string) (Info, error) {
	fi, err := os.Lstat(bytepath.Join(d.Name(), name))
	if err != nil {
		return Info{}, err
	}
	return localInfo(fi), nil
}

// Space implements FS.
func (l *Local) Space(name string) (Space, error) {
	return Space{}, l.failed("ask for the space of", name, ErrUnsupported)
}
