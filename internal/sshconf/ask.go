package sshconf

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
)

// asker asks the system's ssh what its files say of a host (ssh -G): Match, exec, canonical names, tokens and includes
// come out as they do for ssh itself.
//
// ssh prints every keyword, with a default where the user has said nothing. What it prints for no file at all is
// therefore taken off, so that a default of ours (the order of the ciphers, keepalive) stands where ssh has its own.
// A file may say the same as ssh's default: see addRestated. Where to connect and as whom is never taken off.
type asker struct {
	ctx      context.Context
	env      Env
	run      func(ctx context.Context, args ...string) ([]byte, error)
	defaults func() (map[string][]string, error)
}

const askSource = "ssh -G"

func newAsker(ctx context.Context, env Env) *asker {
	a := &asker{ctx: ctx, env: env, run: env.SSH}
	type result struct {
		values map[string][]string
		err    error
	}
	// At the same time as the first question: each takes ssh some milliseconds.
	got := make(chan result, 1)
	go func() {
		values, err := a.query("-F", "none", "--", "localhost")
		got <- result{values, err}
	}()
	a.defaults = func() (map[string][]string, error) {
		r := <-got
		got <- r
		return r.values, r.err
	}
	return a
}

// close waits for what was started.
func (a *asker) close() { _, _ = a.defaults() }

// add adds what ssh says of a host. typed is what the command line says, which ssh must know to evaluate its files.
func (a *asker) add(s settings, alias string, f Flags) error {
	found, err := a.query(s.arguments(alias, f)...)
	if err != nil {
		return err
	}
	defaults, err := a.defaults()
	if err != nil {
		return err
	}
	if slices.Equal(found["batchmode"], []string{"yes"}) && slices.Equal(found["serveraliveinterval"], []string{"300"}) {
		defaults = maps.Clone(defaults)
		defaults["serveraliveinterval"] = []string{"300"} // Debian's ssh, where ours is the shorter one
	}
	for k, texts := range found {
		if class(k) == unknown || slices.Equal(texts, defaults[k]) && !isDestination(k) {
			continue
		}
		if k == "hostname" && strings.EqualFold(texts[0], alias) {
			continue // ssh makes it lower case
		}
		for _, t := range texts {
			s.add(k, askedValue(k, t, defaults[k]))
		}
	}
	a.addRestated(s, found, defaults, alias, f)
	return nil
}

// isDestination reports whether a keyword says where to connect or as whom. The defaults are those of the host "localhost".
func isDestination(k string) bool { return k == "hostname" || k == "user" || k == "port" }

// addRestated adds what a file sets to the very value that ssh has by default, where our default is another one: a
// ServerAliveInterval of 0, say. ssh does not tell the two apart, so the files are read here. Where they ask what only
// ssh can tell, our default stands.
func (a *asker) addRestated(s settings, found, defaults map[string][]string, alias string, f Flags) {
	own := s.clone()
	if (&reader{s: own, env: a.env, alias: alias}).read(f.ConfigFile) != nil {
		return
	}
	for _, k := range ownDefaults() {
		if _, set := s.get(k); set || !slices.Equal(found[k], defaults[k]) {
			continue
		}
		s[k] = own[k]
	}
}

// ownDefaults are the keywords whose default here is not ssh's.
func ownDefaults() []string {
	return []string{"serveraliveinterval", "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms", "identityfile"}
}

// arguments hands on what was typed, save for what files neither refer to nor change: lists of algorithms, in
// which we know other names than ssh does, and keys, which add up.
func (s settings) arguments(alias string, f Flags) (args []string) {
	if f.ConfigFile != "" {
		args = append(args, "-F", f.ConfigFile)
	}
	if v, ok := s.get("User"); ok {
		args = append(args, "-l", v.text())
	}
	if v, ok := s.get("Port"); ok {
		args = append(args, "-p", v.text())
	}
	if f.Jump != "" {
		args = append(args, "-o", "ProxyJump="+f.Jump)
	}
	switch f.Family {
	case IPv4:
		args = append(args, "-4")
	case IPv6:
		args = append(args, "-6")
	}
	for _, o := range f.Options {
		keyword, _, _ := parseLine(o)
		c := class(keyword)
		k := canonical(keyword)
		if c == selects || c == honoured && !isAlgorithms(k) && k != "identityfile" && k != "certificatefile" && k != "user" && k != "port" {
			args = append(args, "-o", o)
		}
	}
	return append(args, "--", alias)
}

func isAlgorithms(k string) bool {
	switch k {
	case "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms":
		return true
	}
	return false
}

// query runs ssh -G and returns the values of each keyword in lower case.
func (a *asker) query(args ...string) (map[string][]string, error) {
	out, err := a.run(a.ctx, append([]string{"-G"}, args...)...)
	if err != nil {
		if a.ctx.Err() != nil {
			return nil, a.ctx.Err()
		}
		return nil, &FileError{askSource, err}
	}
	values := map[string][]string{}
	for line := range bytes.Lines(out) {
		k, text, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		if ok && k != "" {
			k = canonical(k)
			values[k] = append(values[k], text)
		}
	}
	return values, nil
}

func askedValue(k, text string, defaults []string) value {
	v := value{words: []string{text}, source: askSource}
	switch {
	case k == "hostname" || k == "identityagent" || k == "controlpath":
		v.literal = true
	case k == "userknownhostsfile":
		v.words, v.literal = splitPaths(text), true
	case k == "globalknownhostsfile":
		v.words = splitPaths(text)
	case k == "rekeylimit":
		v.words = strings.Fields(text)
	case isAlgorithms(k) && len(defaults) == 1:
		v.words = []string{relative(splitList(text), splitList(defaults[0]))}
	}
	return v
}

// splitPaths splits a list of files that ssh prints without quotes: a word that does not begin like a path belongs to
// the path before it.
func splitPaths(text string) (paths []string) {
	for _, w := range strings.Split(text, " ") {
		if n := len(paths); n > 0 && !startsPath(w) && startsPath(paths[n-1]) {
			paths[n-1] += " " + w
			continue
		}
		paths = append(paths, w)
	}
	return paths
}

func startsPath(w string) bool { return strings.HasPrefix(w, "/") || strings.HasPrefix(w, "~") }

// relative says in which way a list of algorithms departs from ssh's default: ssh prints "+x" as its whole default and
// x, which would otherwise put ssh's order in the place of ours. A list that keeps half of the default, in its
// order, counts as a "-" list or, behind other names, as a "^" list; anything else is the user's own choice of an order.
func relative(list, defaults []string) string {
	n := len(defaults)
	switch {
	case len(list) > n && slices.Equal(list[:n], defaults):
		return "+" + strings.Join(list[n:], ",")
	case len(list) < n && 2*len(list) >= n && isSubsequence(list, defaults):
		gone := slices.DeleteFunc(slices.Clone(defaults), func(d string) bool { return slices.Contains(list, d) })
		return "-" + strings.Join(gone, ",")
	}
	for i := 1; i < len(list) && 2*(len(list)-i) >= n; i++ {
		rest := slices.DeleteFunc(slices.Clone(defaults), func(d string) bool { return slices.Contains(list[:i], d) })
		if slices.Equal(list[i:], rest) {
			return "^" + strings.Join(list[:i], ",")
		}
	}
	return strings.Join(list, ",")
}

func isSubsequence(list, of []string) bool {
	for _, d := range of {
		if len(list) > 0 && list[0] == d {
			list = list[1:]
		}
	}
	return len(list) == 0
}
