package sshconf

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	return map[byte]string{
		'd': env.Home, 'h': h.HostName, 'i': env.UID, 'k': alias, 'L': short, 'l': env.LocalHost,
		'n': h.Alias, 'p': strconv.Itoa(h.Port), 'r': h.User, 'u': env.User, 'j': "",
	}
}

// expand replaces the tokens of a value.
func (r *resolver) expand(v value, keyword string, tokens map[byte]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(v.text); i++ {
		if v.text[i] != '%' {
			b.WriteByte(v.text[i])
			continue
		}
		i++
		if i < len(v.text) && v.text[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if i == len(v.text) {
			return "", &UsageError{v.source, keyword, v.text, "ends in %", nil}
		}
		t, ok := tokens[v.text[i]]
		if !ok {
			return "", &UsageError{v.source, keyword, v.text, "unknown token %" + v.text[i:i+1], nil}
		}
		b.WriteString(t)
	}
	return b.String(), nil
}

// path expands a file name: ~, ${NAME}, and the tokens.
func (r *resolver) path(v value, keyword string) (string, error) {
	return r.pathWith(v, keyword, r.tokens())
}

func (r *resolver) pathWith(v value, keyword string, tokens map[byte]string) (string, error) {
	text, err := r.expand(v, keyword, tokens)
	if err != nil {
		return "", err
	}
	if text, err = r.variables(text, v, keyword); err != nil {
		return "", err
	}
	switch {
	case text == "~":
		return r.env.Home, nil
	case strings.HasPrefix(text, "~/"):
		return filepath.Join(r.env.Home, text[2:]), nil
	}
	return text, nil
}

func (r *resolver) variables(text string, v value, keyword string) (string, error) {
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			return text, nil
		}
		length := strings.IndexByte(text[start:], '}')
		if length < 0 {
			return "", &UsageError{v.source, keyword, v.text, "${ without }", nil}
		}
		name := text[start+2 : start+length]
		found := r.env.Getenv(name)
		if found == "" || strings.Contains(found, "${") {
			return "", &UsageError{v.source, keyword, v.text, "no environment variable " + name, nil}
		}
		text = text[:start] + found + text[start+length+1:]
	}
}

// paths expands the first value of a keyword whose value is a list of files, separated by spaces, maybe quoted.
func (r *resolver) paths(keyword string, def ...string) ([]string, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		v = value{text: strings.Join(def, " ")}
	}
	if strings.EqualFold(v.text, "none") {
		return nil, nil
	}
	var out []string
	for _, word := range fields(v.text) {
		p, err := r.path(value{word, v.source, v.strict}, keyword)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// fields splits at spaces outside double quotes.
func fields(s string) (words []string) {
	quoted := false
	for _, f := range strings.FieldsFunc(s, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return !quoted && (c == ' ' || c == '\t')
	}) {
		words = append(words, strings.ReplaceAll(f, `"`, ""))
	}
	return words
}
