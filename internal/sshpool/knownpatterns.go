package sshpool

import (
	"bytes"
	"strings"
)

// plainHosts replaces the patterns in the lines of a known_hosts file by those of the names that they match. The library knows
// patterns for one port only, minds upper case and gives up at [host] without a port; ssh compares the pattern with the name as
// it stands in the file, "host" or "[host]:port", in lower case. A line that matches none of the names is emptied, so that the
// others keep their numbers.
func plainHosts(text []byte, names []string) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = plainLine(line, names)
	}
	return bytes.Join(lines, []byte("\n"))
}

func plainLine(line []byte, names []string) []byte {
	rest := bytes.TrimLeft(line, " \t")
	marker := []byte(nil)
	if bytes.HasPrefix(rest, []byte("@")) {
		end := bytes.IndexAny(rest, " \t")
		if end < 0 || !bytes.Equal(rest[:end], []byte("@cert-authority")) {
			return line // a revoked key is refused whatever the host
		}
		marker, rest = rest[:end+1], bytes.TrimLeft(rest[end:], " \t")
	}
	end := bytes.IndexAny(rest, " \t")
	if end < 0 || !isPattern(string(rest[:end])) {
		return line
	}
	var matched []string
	for _, name := range names {
		if matchHosts(string(rest[:end]), name) {
			matched = append(matched, name)
		}
	}
	if matched == nil {
		return nil
	}
	return bytes.Join([][]byte{marker, []byte(strings.Join(matched, ",")), rest[end:]}, nil)
}

// isPattern tells whether the library might read a line's hosts otherwise than ssh.
func isPattern(hosts string) bool {
	switch hosts[0] {
	case '#', '|':
		return false
	}
	return strings.ContainsAny(hosts, "*?!") || strings.ToLower(hosts) != hosts ||
		strings.Count(hosts, "[") != strings.Count(hosts, "]:")
}

// matchHosts is OpenSSH's match_hostname: one pattern of the list must match, and none of those behind a "!".
func matchHosts(list, name string) bool {
	matched := false
	for _, pattern := range strings.Split(strings.ToLower(list), ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !matchHost(pattern, name) {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}

// matchHost knows * for any bytes and ? for one. Trying again from the last * alone keeps it quadratic.
func matchHost(pattern, name string) bool {
	star, from := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
