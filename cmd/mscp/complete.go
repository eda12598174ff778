package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mscp/internal/endpoint"
	"mscp/internal/sshconf"
)

// mostCompletions is how many words are offered at most.
const mostCompletions = 1000

const (
	anyFile = cobra.ShellCompDirectiveDefault
	noFile  = cobra.ShellCompDirectiveNoFileComp
	goesOn  = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
)

// completes lets a shell complete the arguments: files, then hosts, then paths on a host.
func (f *flags) completes(c *cobra.Command, sys system) {
	c.ValidArgsFunction = func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		if e, err := endpoint.Parse(word); err == nil && e.Remote {
			copier := newCopy(sys, f, c.Flags().Changed)
			return copier.remotePaths(c.Context(), e, word), goesOn
		}
		return wordsLike(word, sshconf.Names(sshconf.SystemEnv(), f.config))
	}
	for flag, values := range map[string][]string{
		"transport": {"native", "control", "openssh"},
		"verify":    {"auto", "command", "readback"},
		"compress":  {"yes", "no"},
	} {
		complete(c, flag, values...)
	}
	for _, flag := range []string{"limit", "min-chunk", "max-chunk", "inflight", "block", "retries", "retry-timeout", "stall-timeout", "connections",
		"sessions", "max-startups", "interval", "cpu-mask", "login", "port", "ssh-option", "progress-interval"} {
		complete(c, flag)
	}
	complete(c, "ciphers", sshconf.KnownCiphers()...)
	complete(c, "macs", sshconf.KnownMACs()...)
	complete(c, "congestion", congestions()...)
	must(c.RegisterFlagCompletionFunc("jump", func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		done, last := word[:strings.LastIndexByte(word, ',')+1], word[strings.LastIndexByte(word, ',')+1:]
		return hosts(done, last, "", sshconf.Names(sshconf.SystemEnv(), f.config)), goesOn
	}))
}

// complete gives a flag's values; none means that a shell offers nothing, not even files.
func complete(c *cobra.Command, flag string, values ...string) {
	must(c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, noFile)))
}

// must is for what only a wrong name in this file can make fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// wordsLike completes a word that names no host yet. Where only files begin so, the shell's own completion knows best how to write them.
func wordsLike(word string, known []string) ([]string, cobra.ShellCompDirective) {
	files := filesLike(word)
	user, name := word[:strings.LastIndexByte(word, '@')+1], word[strings.LastIndexByte(word, '@')+1:]
	if strings.ContainsAny(word, "/~") || word == "" && len(files) > 0 {
		return nil, anyFile
	}
	found := hosts(user, name, ":", known)
	switch {
	case len(found) == 0:
		return nil, anyFile
	case len(files) == 0:
		return found, goesOn
	}
	return append(files, found...), goesOn | cobra.ShellCompDirectiveKeepOrder
}

func hosts(before, prefix, after string, known []string) (found []string) {
	for _, name := range known {
		if strings.HasPrefix(name, prefix) {
			found = append(found, before+name+after)
		}
	}
	return found[:min(len(found), mostCompletions)]
}

// filesLike lists what begins with prefix in the working directory, directories with a slash.
func filesLike(prefix string) (found []string) {
	entries, err := os.ReadDir(".")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && strings.HasPrefix(name, ".") || !completable(name) {
			continue
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			name += string(filepath.Separator)
		}
		if found = append(found, name); len(found) == mostCompletions {
			break
		}
	}
	return found
}

// completable is false for names that would be read as several completions, or could act on the terminal.
func completable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' })
}

// congestions are the algorithms that this machine's kernel offers (Linux).
func congestions() []string {
	text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// coverCommands takes the commands out of a completion of the first word where files or hosts begin with the same letters.
func (f *flags) coverCommands(root *cobra.Command, args []string) {
	if len(args) != 2 || args[0] != cobra.ShellCompRequestCmd && args[0] != cobra.ShellCompNoDescRequestCmd {
		return
	}
	word := args[1]
	found, _ := wordsLike(word, sshconf.Names(sshconf.SystemEnv(), f.config))
	if word == "" || len(filesLike(word)) > 0 || len(found) > 0 {
		root.RemoveCommand(root.Commands()...)
	}
}

// remotePaths completes a path on a host. Nothing is asked and nothing is shown; what cannot be listed at once is not completed.
func (c *copier) remotePaths(ctx context.Context, e endpoint.Endpoint, word string) []string {
	dir, prefix := e.Path[:strings.LastIndexByte(e.Path, '/')+1], e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	before := strings.TrimSuffix(word, e.Path) + dir
	if prefix == "~" || strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "~/") {
		return nil
	}
	e.Path = dir
	names := c.cachedListing(ctx, e)
	var found []string
	for _, name := range names {
		if strings.HasPrefix(name, prefix) && (prefix != "" || !strings.HasPrefix(name, ".")) {
			found = append(found, before+name)
		}
	}
	slices.Sort(found)
	return found[:min(len(found), mostCompletions)]
}
