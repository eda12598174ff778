package sshconf

import "strings"

// matchPattern is a pattern of ssh_config(5): * stands for any characters, ? for one.
func matchPattern(pattern, s string) bool {
	star, retry := -1, 0
	p := 0
	for i := 0; i < len(s); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			retry++
			p, i = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchPatterns is a list of patterns, of which one must match and none that begins with ! may.
func matchPatterns(patterns []string, s string) bool {
	found := false
	for _, p := range patterns {
		not := strings.HasPrefix(p, "!")
		if !matchPattern(strings.TrimPrefix(p, "!"), s) {
			continue
		}
		if not {
			return false
		}
		found = true
	}
	return found
}
