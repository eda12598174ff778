package main

import (
	"errors"
	"fmt"

	"mscp/internal/fsys"
	"mscp/internal/units"
)

// checkSpace returns an error where the file system of dir has less than need bytes free for this user.
func checkSpace(dir string, need int64) error {
	space, err := fsys.NewLocal().Space(dir)
	if errors.Is(err, fsys.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	if space.Available < uint64(need) {
		return fmt.Errorf("demo: %s has %s free, the data set and its copies need %s: name another directory "+
			"with --dir, or a smaller --size", dir, units.Bytes(int64(space.Available)), units.Bytes(need))
	}
	return nil
}
