package sshconf

import (
	"path/filepath"
	"slices"
	"strings"

	"mscp/internal/bytepath"
)

// Names returns the host names that the user's and the system's configuration and known_hosts files name, sorted, for completion. Patterns,
// hashed names and files that cannot be read are passed over. configFile is as in [Flags].
func Names(env Env, configFile string) []string {
	n := namer{env: env, found: make(map[string]bool)}
	ssh := bytepath.Join(env.Home, ".ssh")
	switch {
	case configFile == "none":
	case configFile != "":
		n.config(configFile, ssh, 0)
	default:
		n.config(bytepath.Join(ssh, "config"), ssh, 0)
		n.config(env.System, bytepath.Dir(env.System), 0)
	}
	for _, file := range []string{bytepath.Join(ssh, "known_hosts"), bytepath.Join(ssh, "known_hosts2"), "/etc/ssh/ssh_known_hosts"} {
		n.knownHosts(file)
	}
	names := make([]string, 0, len(n.found))
	for name := range n.found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

type namer struct {
	env   Env
	found map[string]bool
}

// config takes the names of Host lines, and of files that are included wherever that stands.
func (n *namer) config(file, dir string, depth int) {
	text, err := n.env.ReadFile(file)
	if err != nil || depth > maxInclude {
		return
	}
	for line := range strings.Lines(string(text)) {
		keyword, words, err := parseLine(line)
		if err != nil {
			continue
		}
		switch strings.ToLower(keyword) {
		case "host":
			for _, w := range words {
				n.add(w)
			}
		case "include":
			for _, w := range words {
				n.include(w, dir, depth+1)
			}
		}
	}
}

func (n *namer) include(pattern, dir string, depth int) {
	switch {
	case strings.HasPrefix(pattern, "~/"):
		pattern = bytepath.Join(n.env.Home, pattern[2:])
	case !filepath.IsAbs(pattern):
		pattern = bytepath.Join(dir, pattern)
	}
	files, err := n.env.Glob(pattern)
	if err != nil {
		return
	}
	for _, file := range files {
		n.config(file, dir, depth)
	}
}

// knownHosts takes the names of sshd(8)'s known_hosts format: "name,[name]:port type key", with a marker before it where the line is
// not about a host's own key.
func (n *namer) knownHosts(file string) {
	text, err := n.env.ReadFile(file)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		names, _, _ := strings.Cut(strings.TrimLeft(line, blanks), " ")
		if names == "" || strings.ContainsAny(names[:1], "#@|") {
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			if inner, ok := strings.CutPrefix(name, "["); ok {
				name, _, _ = strings.Cut(inner, "]")
			}
			n.add(name)
		}
	}
}

// add keeps a name that can be typed as it is: no pattern, and no IPv6 address, which needs brackets.
func (n *namer) add(name string) {
	if name != "" && !strings.ContainsAny(name, "*?!|:[]'\"\\") && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		n.found[name] = true
	}
}
