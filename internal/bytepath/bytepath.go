// Package bytepath joins and takes apart paths as bytes, without cleaning them.
//
// The names a/../b and b differ where a is a symbolic link: only the side that holds a can tell what they lead to. The functions
// of path and path/filepath settle that by text, so they are wrong for every path that a user or a server gave.
package bytepath

import (
	"os"
	"strings"
)

// Join appends a name, or a relative path, to a directory's path. An empty directory and "." leave the name as it is, an empty
// name leaves the directory.
func Join(dir, name string) string {
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

// Dir returns the directory that holds the last name of p: "." where p has no slash.
func Dir(p string) string {
	slash := strings.LastIndexByte(p, '/')
	if slash < 0 {
		return "."
	}
	if dir := strings.TrimRight(p[:slash], "/"); dir != "" {
		return dir
	}
	return "/"
}

// Base returns the last name of p, which may be "." or "..": "" where p ends in a slash.
func Base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// Trim takes trailing slashes off and reports whether p can only name a directory.
func Trim(p string) (trimmed string, mustBeDir bool) {
	if p == "" {
		return ".", true
	}
	trimmed = strings.TrimRight(p, "/")
	if trimmed == "" {
		return "/", true
	}
	return trimmed, trimmed != p || LastName(trimmed) == ""
}

// LastName returns the name by which a trimmed path lands in a directory, or "" where it has none: /, . and ..
func LastName(p string) string {
	name := Base(p)
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// Plain takes out what never matters in a path: doubled slashes, the name "." and trailing slashes. Equal results name one file;
// unequal ones may do so too.
func Plain(p string) string {
	var names []string
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	switch plain := strings.Join(names, "/"); {
	case strings.HasPrefix(p, "/"):
		return "/" + plain
	case plain == "":
		return "."
	default:
		return plain
	}
}

// Abs puts the working directory before a relative path. filepath.Abs would clean the result: where $PWD leads through a link, ".."
// is then another directory than the system's.
func Abs(p string) (string, error) {
	if strings.HasPrefix(p, "/") {
		return p, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return Join(dir, p), nil
}
