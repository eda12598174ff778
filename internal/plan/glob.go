package plan

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"mscp/internal/fsys"
)

// Expand replaces a pattern by the paths that it matches, in the order of their names. A pattern without
// wildcards, and one that exists as it is written, stands for itself. On a server (an [*Early]) a pattern that matches its own text
// does not: no shell has been there to expand "*", and a file of that name must not hide the others. The wildcards are *, ?, [a-z], [!a-z] and \ to quote one;
// none matches a slash, nor a leading dot unless the pattern has it.
//
// The error is a [*ManyError] where more than most paths match, or an [*fsys.Error] for a pattern that matches nothing (fs.ErrNotExist),
// could not be matched because a directory could not be listed, or is malformed (path.ErrBadPattern).
func Expand(src fsys.FS, pattern string, most int) ([]string, error) {
	if !hasMeta(pattern) {
		return []string{pattern}, nil
	}
	if _, server := src.(*Early); !server || !matchesItself(pattern) {
		if _, err := src.Lstat(pattern); err == nil || fsys.Lost(err) {
			return []string{pattern}, err
		}
	}
	g := glob{src: src, dirs: strings.HasSuffix(pattern, "/"), most: most}
	found := g.match(pattern)
	if g.many {
		return nil, &ManyError{pattern, most}
	}
	if len(found) > 0 || fsys.Lost(g.err) {
		return found, lostOnly(g.err)
	}
	if g.err == nil {
		g.err = &fsys.Error{Side: src.Side(), Op: "match", Path: pattern, Err: fs.ErrNotExist}
	}
	return nil, g.err
}

func lostOnly(err error) error {
	if fsys.Lost(err) {
		return err
	}
	return nil
}

// glob is one expansion.
type glob struct {
	src  fsys.FS
	dirs bool  // the pattern ends in a slash: only directories match
	most int   // matches of any part of the pattern
	many bool  // there were more
	err  error // the first that says more than that a name is missing
}

func (g *glob) match(pattern string) []string {
	paths := []string{""}
	if strings.HasPrefix(pattern, "/") {
		paths[0] = "/"
	}
	parts := strings.FieldsFunc(pattern, func(r rune) bool { return r == '/' })
	for i, part := range parts {
		var next []string
		for _, dir := range paths {
			if hasMeta(part) {
				next = append(next, g.list(dir, part, g.dirs || i < len(parts)-1, g.most-len(next))...)
			} else {
				next = append(next, join(dir, part))
			}
			if g.many {
				return nil
			}
		}
		paths = next
	}
	if g.dirs || !hasMeta(parts[len(parts)-1]) {
		paths = slices.DeleteFunc(paths, func(p string) bool { return !g.exists(p) })
	}
	if g.dirs {
		for i := range paths {
			paths[i] += "/"
		}
	}
	return paths
}

// list returns the entries of dir that match, so many at most; leads says that only directories are of use. What it learns of them is
// kept where src can, so that they need not be asked for again.
func (g *glob) list(dir, part string, leads bool, most int) []string {
	early, _ := g.src.(*Early)
	var found []string
	err := g.src.List(join(".", dir), func(info fsys.Info) error {
		if !validName(info.Name) || leads && info.IsRegular() {
			return nil
		}
		ok, err := matchName(part, info.Name)
		if err != nil {
			return &fsys.Error{Side: g.src.Side(), Op: "match", Path: part, Err: err}
		}
		if !ok {
			return nil
		}
		if g.many = len(found) == most; g.many {
			return errMany
		}
		found = append(found, join(dir, info.Name))
		early.learn(found[len(found)-1], info)
		return nil
	})
	if !g.many {
		g.note(err)
	}
	slices.Sort(found)
	return found
}

func (g *glob) exists(p string) bool {
	if !g.dirs {
		_, err := g.src.Lstat(p)
		g.note(err)
		return err == nil
	}
	info, err := g.src.Stat(p)
	g.note(err)
	return err == nil && info.IsDir()
}

// note keeps an error unless it only says that there is nothing to match.
func (g *glob) note(err error) {
	quiet := err == nil || fsys.Missing(err) || errors.Is(err, fsys.ErrNotDir)
	if fsys.Lost(err) || g.err == nil && !quiet {
		g.err = err
	}
}

// matchesItself tells whether a file that is called like the pattern is one of those that it matches: "a*", not "a[1]".
func matchesItself(pattern string) bool {
	for part := range strings.SplitSeq(pattern, "/") {
		if ok, err := matchName(part, part); hasMeta(part) && (!ok || err != nil) {
			return false
		}
	}
	return true
}

func hasMeta(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// matchName matches one name byte for byte where either side is not UTF-8: path.Match refuses such bytes in a class.
func matchName(pattern, name string) (bool, error) {
	hidden := strings.HasPrefix(name, ".")
	if hidden && !strings.HasPrefix(strings.TrimPrefix(pattern, `\`), ".") {
		return false, nil
	}
	if !utf8.ValidString(pattern) || !utf8.ValidString(name) {
		pattern, name = runePerByte(pattern), runePerByte(name)
	}
	return path.Match(negated(pattern), name)
}

func runePerByte(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// negated writes the shell's [!a] as path.Match's [^a].
func negated(pattern string) string {
	b := []byte(pattern)
	inClass := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\':
			i++
		case inClass:
			inClass = b[i] != ']'
		case b[i] == '[':
			inClass = true
			if i+1 < len(b) && b[i+1] == '!' {
				i++
				b[i] = '^'
			}
		}
	}
	return string(b)
}
