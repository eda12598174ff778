package plan

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"mscp/internal/fsys"
)

// A probe is a file or a directory with a random name that shows how the destination takes names, or whether two sides are one. It is
// recorded before it is made, so that the next run removes what a killed one leaves.

const (
	probePrefix = ".mscp-probe-"
	probeBytes  = 16 // of randomness
	// probeNames is more than any probe holds.
	probeNames = 64
)

// ProbeName makes a name that nobody else has.
func ProbeName(random io.Reader) (string, error) {
	var id [probeBytes]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	return probePrefix + hex.EncodeToString(id[:]), nil
}

// IsProbe tells whether a name can be one that ProbeName made.
func IsProbe(name string) bool {
	id, ok := strings.CutPrefix(name, probePrefix)
	raw, err := hex.DecodeString(id)
	return ok && err == nil && len(raw) == probeBytes && strings.ToLower(id) == id
}

// RemoveProbe removes a probe that a run has recorded, with the empty files in it. Whatever else has its name, or lies in it, stays. Links
// are not followed.
func RemoveProbe(dst fsys.FS, probe string) error {
	if !IsProbe(lastName(probe)) {
		return nil
	}
	i, err := dst.Lstat(probe)
	switch {
	case err != nil:
		return unlessMissing(err)
	case i.IsRegular() && i.Size == 0:
		return unlessMissing(dst.Remove(probe))
	case !i.IsDir():
		return nil
	}
	names, err := emptyFiles(dst, probe)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := unlessMissing(dst.Remove(join(probe, name))); err != nil {
			return err
		}
	}
	return unlessMissing(dst.Remove(probe))
}

func emptyFiles(dst fsys.FS, dir string) (names []string, err error) {
	err = dst.List(dir, func(i fsys.Info) error {
		if i.Err == nil && i.IsRegular() && i.Size == 0 && validName(i.Name) && len(names) < probeNames {
			names = append(names, i.Name)
		}
		return nil
	})
	return names, err
}

func unlessMissing(err error) error {
	if fsys.Missing(err) {
		return nil
	}
	return err
}
