//go:build !linux

package fsys

import "os"

// openBeneath opens a directory. outside is what os.Root says of a path that leads out of it.
func openBeneath(dir string) (ops rootOperations, outside, err error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	_, outside = r.Lstat("..")
	return r, bare(outside), nil
}
