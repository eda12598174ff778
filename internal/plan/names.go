package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// ErrName is the reason why a listed name is not used.
var ErrName = errors.New("the server sent an invalid name")

// validName reports whether a listed name is one name in its directory, and nothing that leads elsewhere.
func validName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// join appends a name to a directory's path. An empty directory and "." leave the name as it is.
func join(dir, name string) string {
	switch {
	case name == "":
		return dir
	case dir == "" || dir == ".":
		return name
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// parentOf returns the directory that holds the last name of p. It does not clean p: what x/.. names depends on links.
func parentOf(p string) string {
	slash := strings.LastIndexByte(p, '/')
	if slash < 0 {
		return "."
	}
	if dir := strings.TrimRight(p[:slash], "/"); dir != "" {
		return dir
	}
	return "/"
}

// trim takes trailing slashes off and reports whether p can only name a directory.
func trim(p string) (trimmed string, mustBeDir bool) {
	if p == "" {
		return ".", true
	}
	trimmed = strings.TrimRight(p, "/")
	if trimmed == "" {
		return "/", true
	}
	return trimmed, trimmed != p || lastName(trimmed) == ""
}

// lastName returns the name by which a trimmed path lands in a directory, or "" where it has none: /, . and ..
func lastName(p string) string {
	name := p[strings.LastIndexByte(p, '/')+1:]
	if name == "." || name == ".." {
		return ""
	}
	return name
}

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

// CycleError is a directory that leads back into one that it lies in.
type CycleError struct {
	Path string // as the walk came to it
	Real string // the directory above that it is
}

func (e *CycleError) Error() string {
	return fmt.Sprintf("%q leads back to %q, which it lies in", e.Path, e.Real)
}
