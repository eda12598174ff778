package sshpool

import (
	"errors"
	"os"

	"mscp/internal/bytepath"
)

// scratchDir makes a private directory whose path has at most limit bytes. $TMPDIR may be too long for a socket, full, or on a read-only
// file system, so other places that most machines have are tried after it.
func scratchDir(limit int) (string, error) {
	parents := []string{os.TempDir(), os.Getenv("XDG_RUNTIME_DIR"), "/tmp", "/dev/shm", "/var/tmp"}
	if home, err := os.UserHomeDir(); err == nil {
		parents = append(parents, bytepath.Join(home, ".ssh"))
	}
	return scratchIn(parents, limit)
}

// scratchIn makes a private directory in the first of parents where that can be done.
func scratchIn(parents []string, limit int) (string, error) {
	var errs []error
	for _, parent := range parents {
		if parent == "" {
			continue
		}
		dir, err := os.MkdirTemp(parent, "mscp")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(dir) <= limit {
			return dir, nil
		}
		errs = append(errs, &pathTooLongError{dir}, os.Remove(dir))
	}
	return "", errors.Join(errs...)
}

// pathTooLongError is a directory whose path leaves no room for a socket's.
type pathTooLongError struct{ path string }

func (e *pathTooLongError) Error() string { return "too long a path for a socket: " + e.path }
