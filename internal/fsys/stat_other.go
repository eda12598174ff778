//go:build !linux

package fsys

import "io/fs"

func localInfo(fi fs.FileInfo) Info {
	return Info{Name: fi.Name(), Size: fi.Size(), Mode: fi.Mode(), ModTime: fi.ModTime()}
}

// Space implements FS.
func (l *Local) Space(name string) (Space, error) {
	return Space{}, l.failed("ask for the space of", name, ErrUnsupported)
}
