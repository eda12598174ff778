package fsys

import (
	"errors"
	"fmt"
	"io/fs"

	"mscp/internal/quote"
)

// Reasons beyond those of io/fs. errors.Is finds them on both sides.
var (
	ErrNoSpace           = errors.New("no space left on device")
	ErrQuota             = errors.New("disk quota exceeded")
	ErrReadOnly          = errors.New("read-only file system")
	ErrTooLarge          = errors.New("file too large")
	ErrUnsupported       = errors.New("not supported")
	ErrIsDir             = errors.New("is a directory")
	ErrDangling    error = danglingError{} // where a directory is to be made; an fs.ErrExist too
	ErrNotDir            = errors.New("not a directory")
	ErrEscapes           = errors.New("leads outside the destination")
	ErrSequential        = errors.New("takes data only in order")                         // from WriteAt
	ErrShared            = errors.New("the server gave one handle to several open files") // nothing of these files is to be believed
	ErrLost              = errors.New("connection lost")
	ErrFailure           = errors.New("the server reports only a failure") // SSH_FX_FAILURE says no more
)

// Error names the side, the operation and the path of what failed.
type Error struct {
	Side string // as FS.Side
	Op   string // "open", "read", "write", "rename", ...
	Path string
	Err  error // the reason
}

func (e *Error) Error() string {
	if e.Path == "" && e.Op == "start SFTP" {
		return fmt.Sprintf("%s: %s: %v", e.Side, e.Op, e.Err)
	}
	return fmt.Sprintf("%s: %s %s: %v", e.Side, e.Op, quote.Name(e.Path), e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Lost reports whether err means that the channel is gone, and nothing is known of the file.
func Lost(err error) bool { return errors.Is(err, ErrLost) }

// Missing reports whether err means that the name does not exist.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

type danglingError struct{}

func (danglingError) Error() string { return "is a symbolic link that leads nowhere" }
func (danglingError) Unwrap() error { return fs.ErrExist }
