package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const readmeFile = "../../README.md"

var writesReadme sync.Mutex

// row is a server's line in README.md, its version apart: a new package of Debian spoils nothing.
func (s madeServer) row(version string, lost map[string]bool) string {
	words := slices.DeleteFunc(slices.Clone(losses), func(w string) bool { return !lost[w] })
	text := strings.Join(words, ", ")
	if text == "" {
		text = "nothing"
	}
	return "| " + strings.Join([]string{s.title, version, text, s.note}, " | ") + " |"
}

// rowOf finds a server's line. Servers of one title are told apart by their note.
func (s madeServer) rowOf(lines []string) int {
	return slices.IndexFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "| "+s.title+" | ") && strings.HasSuffix(l, " | "+s.note+" |")
	})
}

// requireRow compares a server's line in README.md with what its checks have found, or writes it.
func requireRow(t *testing.T, s madeServer, lost map[string]bool) {
	writesReadme.Lock()
	defer writesReadme.Unlock()
	lines := readmeLines(t)
	at := s.rowOf(lines)
	require.GreaterOrEqual(t, at, 0, "README.md has no line for %s: put %s there", s.name, s.row("", lost))
	if os.Getenv("MSCP_SERVERS") == "write" {
		lines[at] = s.row(s.installed(t), lost)
		require.NoError(t, os.WriteFile(readmeFile, []byte(strings.Join(lines, "\n")), 0o644))
		return
	}
	version := strings.Split(lines[at], " | ")[1]
	require.Equal(t, s.row(version, lost), lines[at], "MSCP_SERVERS=write go test -run TestServers/%s ./cmd/mscp writes it", s.name)
}

// installed is the version of the server's package, without Debian's own part.
func (s madeServer) installed(t *testing.T) string {
	if v, ok := strings.CutPrefix(s.version, "="); ok {
		return v
	}
	out, err := exec.Command("dpkg-query", "-W", "-f", "${source:Upstream-Version}", s.version).Output()
	require.NoError(t, err)
	return string(out)
}

// TestReadmeServers keeps the lines of README.md's table those of the servers that are tried.
func TestReadmeServers(t *testing.T) {
	lines := readmeLines(t)
	at := slices.Index(lines, "| server | version | lost there | besides |")
	require.GreaterOrEqual(t, at, 0)
	for i, s := range servers() {
		require.Equal(t, at+2+i, s.rowOf(lines), s.name)
	}
	require.Empty(t, lines[at+2+len(servers())], "one line too many")
}

func readmeLines(t *testing.T) []string {
	text, err := os.ReadFile(readmeFile)
	require.NoError(t, err)
	return strings.Split(string(text), "\n")
}
