package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"mscp/internal/bytepath"
	"mscp/internal/quote"
)

// ErrName is the reason why a listed name is not used.
var ErrName = errors.New("the server sent an invalid name")

// ErrTooDeep is the reason why the walk goes no deeper.
var ErrTooDeep = fmt.Errorf("too deep: more than %d directories inside one another, or a path of more than %d bytes", maxDepth, maxPath)

// validName reports whether a listed name is one name in its directory, and nothing that leads elsewhere.
func validName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// The paths of both sides are bytes, and never cleaned: see package bytepath.

func join(dir, name string) string                   { return bytepath.Join(dir, name) }
func parentOf(p string) string                       { return bytepath.Dir(p) }
func trim(p string) (trimmed string, mustBeDir bool) { return bytepath.Trim(p) }
func lastName(p string) string                       { return bytepath.LastName(p) }

// within reports whether the clean absolute path p is dir or lies below it.
func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// kind names a special file for messages.
func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "FIFO"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// SpecialError is a source that the user named and that is neither a file nor a directory.
type SpecialError struct{ Kind string }

func (e *SpecialError) Error() string { return "is a " + e.Kind + ", neither a file nor a directory" }

// CycleError is a directory that leads back into one that it lies in.
type CycleError struct {
	Path string // as the walk came to it
	Real string // the directory above that it is
}

func (e *CycleError) Error() string {
	return fmt.Sprintf("%s leads back to %s, which contains it", quote.Name(e.Path), quote.Name(e.Real))
}
