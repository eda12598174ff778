package sshconf

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"mscp/internal/bytepath"
)

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// tokens are those of ssh_config(5) that are known before a connection is made.
func (r *resolver) tokens() map[byte]string {
	h, env := r.host, r.env
	short, _, _ := strings.Cut(env.LocalHost, ".")
	alias := h.HostKeyAlias
	if alias == "" {
		alias = h.Alias
	}
	tokens := map[byte]string{
		'd': env.Home, 'h': h.HostName, 'i': env.UID, 'j': r.jumpName(), 'k': alias, 'L': short, 'l': env.LocalHost,
		'n': h.Alias, 'p': strconv.Itoa(h.Port), 'r': h.User, 'u': env.User,
	}
	tokens['C'] = connectionHash(tokens)
	return tokens
}

// jumpName is the name of the jump host next to the target, for the token %j.
func (r *resolver) jumpName() string {
	v, ok := r.s.get("ProxyJump")
	if !ok || v.none() {
		return ""
	}
	_, last := splitJump(v.text())
	h, _ := parseHop(last)
	return h.host
}

// expand replaces the tokens of a value.
func expand(v value, keyword string, tokens map[byte]string) (string, error) {
	text := v.text()
	if v.literal {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if i < len(text) && text[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if i == len(text) {
			return "", &UsageError{v.source, keyword, text, "ends in %", nil}
		}
		t, ok := tokens[text[i]]
		if !ok {
			return "", &UsageError{v.source, keyword, text, "unknown token %" + text[i:i+1], nil}
		}
		b.WriteString(t)
	}
	return b.String(), nil
}

// path expands a file name: ~, ${NAME}, and the tokens.
func (r *resolver) path(v value, keyword string) (string, error) {
	if v.literal {
		return v.text(), nil
	}
	text, err := r.variables(v, keyword)
	if err != nil {
		return "", err
	}
	if text, err = expand(value{words: []string{text}, source: v.source}, keyword, r.tokens()); err != nil {
		return "", err
	}
	switch home := text == "~" || strings.HasPrefix(text, "~/"); {
	case home && r.env.Home == "":
		return "", &FileError{keyword + " " + text, errHome}
	case text == "~":
		return r.env.Home, nil
	case strings.HasPrefix(text, "~/"):
		return bytepath.Join(r.env.Home, strings.TrimLeft(text[2:], "/")), nil
	}
	return text, nil
}

// variables replaces ${NAME}. What a variable holds is not looked into again.
func (r *resolver) variables(v value, keyword string) (string, error) {
	var b strings.Builder
	rest := v.text()
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		name, after, ok := strings.Cut(after, "}")
		if !ok {
			return "", &UsageError{v.source, keyword, v.text(), "${ without }", nil}
		}
		found := r.env.Getenv(name)
		if found == "" {
			return "", &UsageError{v.source, keyword, v.text(), "no environment variable " + name, nil}
		}
		b.WriteString(strings.ReplaceAll(found, "%", "%%"))
		rest = after
	}
}

// errHome is a home directory that somebody refers to and that is not known.
var errHome = errors.New("the home directory is not known: set HOME")

// paths expands the first value of a keyword whose value is a list of files.
func (r *resolver) paths(keyword string, def ...string) ([]string, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		v = value{words: r.reachable(def)}
	}
	if v.none() {
		return nil, nil
	}
	var out []string
	for _, word := range v.words {
		p, err := r.path(value{words: []string{word}, source: v.source, strict: v.strict, literal: v.literal}, keyword)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// reachable leaves out the default files of a home directory that is not known.
func (r *resolver) reachable(files []string) []string {
	if r.env.Home != "" {
		return files
	}
	return slices.DeleteFunc(slices.Clone(files), func(f string) bool { return strings.HasPrefix(f, "~/") })
}

// files expands every value of a keyword that adds up.
func (r *resolver) files(keyword string, values []value) (files []string, err error) {
	for _, v := range values {
		if v.none() {
			continue
		}
		p, err := r.path(v, keyword)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(files, p) {
			files = append(files, p)
		}
	}
	return files, nil
}
