package journal

import (
	"errors"
	"fmt"

	"mscp/internal/quote"
)

// Errors of a Journal's methods, beside those of its file.
var (
	ErrTooLong  = errors.New("too long for a journal")
	ErrNotBegun = errors.New("the journal has no job yet")
)

// LockedError says that another run of the same job has the journal open.
type LockedError struct {
	Path string
	PID  int // 0 where it is not known
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another run of this job holds the journal %s", quote.Name(e.Path))
	}
	return fmt.Sprintf("another run of this job, process %d, holds the journal %s", e.PID, quote.Name(e.Path))
}

// NoLocksError says that the file system cannot lock (NFS without its lock manager, Lustre mounted without
// flock): see Options.NoLock.
type NoLocksError struct {
	Path string
	Err  error
}

func (e *NoLocksError) Error() string {
	return fmt.Sprintf("the file system of the journal %s cannot lock files: %v", quote.Name(e.Path), e.Err)
}

func (e *NoLocksError) Unwrap() error { return e.Err }

// ForeignError says that the file is not a journal. It is left as it is.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is not a journal of mscp", quote.Name(e.Path))
}

// VersionError says that the file is a journal of another version of the format. It is left as it is.
type VersionError struct {
	Path    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the journal %s is of another version of mscp (its format is %d, ours is %d)",
		quote.Name(e.Path), e.Version, version)
}
