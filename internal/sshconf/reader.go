package sshconf

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"mscp/internal/bytepath"
)

// maxInclude is how deep files may include each other, as in OpenSSH.
const maxInclude = 16

// reader reads configuration files where there is no ssh to ask.
type reader struct {
	s     settings
	env   Env
	alias string

	dir       string // where a relative Include begins
	final     bool   // the second pass, in which "Match final" holds
	wantFinal bool   // there is a "Match final"
}

// read reads the user's and the system's file, or the one of -F, which must exist.
func (r *reader) read(configFile string) error {
	for {
		if err := r.pass(configFile); err != nil {
			return err
		}
		if !r.wantFinal || r.final {
			return nil
		}
		r.final = true
	}
}

func (r *reader) pass(configFile string) error {
	home := bytepath.Join(r.env.Home, ".ssh")
	if configFile != "" {
		r.dir = home
		return r.file(configFile, 0, false)
	}
	r.dir = home
	if r.env.Home != "" {
		if err := r.file(bytepath.Join(home, "config"), 0, true); err != nil {
			return err
		}
	}
	if r.env.System == "" {
		return nil
	}
	r.dir = bytepath.Dir(r.env.System)
	return r.file(r.env.System, 0, true)
}

func (r *reader) file(name string, depth int, optional bool) error {
	text, err := r.env.ReadFile(name)
	if optional && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) { // HOME=/dev/null
		return nil
	}
	if err != nil {
		return &FileError{name, err}
	}
	active := true
	for i, line := range strings.Split(string(text), "\n") {
		if active, err = r.line(line, name, depth, active); err != nil {
			if errors.As(err, new(*FileError)) { // of an included file
				return err
			}
			return &FileError{name, fmt.Errorf("line %d: %w", i+1, err)}
		}
	}
	return nil
}

// line reports whether the lines that follow count.
func (r *reader) line(line, file string, depth int, active bool) (bool, error) {
	keyword, words, err := parseLine(line)
	if err != nil {
		return active, err
	}
	switch strings.ToLower(keyword) {
	case "":
	case "host":
		return matchPatterns(words, r.alias), nil
	case "match":
		return r.match(words)
	case "include":
		if !active {
			return active, nil
		}
		for _, w := range words {
			if err := r.include(w, depth+1); err != nil {
				return active, err
			}
		}
	default:
		if active && class(keyword) != unknown {
			r.s.add(keyword, value{words: words, source: file})
		}
	}
	return active, nil
}

// include reads the files of a pattern. What their Host and Match say ends with them.
func (r *reader) include(pattern string, depth int) error {
	if depth > maxInclude {
		return errors.New("too many nested Includes")
	}
	switch {
	case strings.HasPrefix(pattern, "~/"):
		if r.env.Home == "" {
			return errHome
		}
		pattern = bytepath.Join(r.env.Home, pattern[2:])
	case !filepath.IsAbs(pattern):
		pattern = bytepath.Join(r.dir, pattern)
	}
	found, err := r.env.Glob(pattern)
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := r.file(name, depth, true); err != nil {
			return err
		}
	}
	return nil
}

// match evaluates the criteria of a Match line. Those that need to run or look at more than a file are left to ssh: to
// pass over them could connect to another machine.
func (r *reader) match(words []string) (bool, error) {
	result := true
	for len(words) > 0 {
		criterion, arg, attached := strings.Cut(words[0], "=")
		words = words[1:]
		not := strings.HasPrefix(criterion, "!")
		criterion = strings.ToLower(strings.TrimPrefix(criterion, "!"))
		var holds bool
		switch criterion {
		case "all":
			holds = true
		case "canonical": // the second reading counts as one, though no name is made canonical here
			holds = r.final
		case "final":
			r.wantFinal = true
			holds = r.final
		default:
			if !attached {
				if len(words) == 0 {
					return false, fmt.Errorf("match %s: needs a value", criterion)
				}
				arg, words = words[0], words[1:]
			}
			subject, err := r.subject(criterion)
			if err != nil {
				return false, err
			}
			holds = matchPatterns(strings.Split(arg, ","), subject)
		}
		result = result && holds != not
	}
	return result, nil
}

// subject is what a criterion's patterns are matched with: what is settled up to this line.
func (r *reader) subject(criterion string) (string, error) {
	switch criterion {
	case "originalhost":
		return r.alias, nil
	case "localuser":
		return r.env.User, nil
	case "user":
		if v, ok := r.s.get("User"); ok {
			return v.text(), nil
		}
		return r.env.User, nil
	case "host":
		v, ok := r.s.get("HostName")
		if !ok {
			return r.alias, nil
		}
		return expand(v, "HostName", map[byte]string{'h': r.alias, 'n': r.alias})
	}
	return "", fmt.Errorf("match %s: only OpenSSH 6.8 or later can evaluate this, and this system has none", criterion)
}
