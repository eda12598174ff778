package plan

import (
	"errors"
	"fmt"
	"strings"

	"mscp/internal/fsys"
)

// errMany ends the listing of a directory in which too many entries match.
var errMany = errors.New("too many matches")

// ManyError is a pattern with more matches than are to be held in memory.
type ManyError struct {
	Pattern string
	Most    int
}

func (e *ManyError) Error() string {
	return fmt.Sprintf("%q matches more than %d names", e.Pattern, e.Most)
}

// CanWalk tells whether LandMatches takes the pattern: only its last name has wildcards.
func CanWalk(pattern string) bool {
	dir, name := inDir(pattern)
	return name != "" && !hasMeta(dir)
}

func inDir(pattern string) (dir, name string) {
	slash := strings.LastIndexByte(pattern, '/')
	return pattern[:slash+1], pattern[slash+1:]
}

// LandMatches is Land for a pattern whose matches are too many to be held: they land below target as those of any pattern, while its
// directory is listed.
func LandMatches(src, dst fsys.FS, many *ManyError, target string) (*Landing, error) {
	t, err := look(dst, target)
	if err != nil {
		return nil, err
	}
	if t.exists && !t.info.IsDir() {
		return nil, t.notDir()
	}
	dir, name := inDir(many.Pattern)
	dir, _ = trim(dir)
	info, err := src.Stat(dir)
	if err != nil {
		return nil, err
	}
	return &Landing{
		Root: t.path, RootExists: t.exists, inside: t.exists,
		Items: []Item{{Src: dir, Info: info, Contents: true, match: name}},
	}, nil
}

// takes tells whether an entry of the item's directory is one of its matches.
func takes(match, name string) bool {
	if match == "" {
		return true
	}
	ok, err := matchName(match, name)
	return ok && err == nil // a malformed pattern matches nothing, and has been refused
}
