//go:build linux

package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshserver"
)

// words are what a hostile server says: a title for the terminal's window, a cleared screen, a false line, C1 codes, bidirectional
// overrides, bytes that are not UTF-8.
const words = "x\x1b]0;owned\x07\x1b[2Jy\nmscp: copied\r\u009b31m\u202etxt\xff\x00z"

// grumble fails requests with those words.
type grumble struct{ kind sshserver.Kind }

func (g grumble) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind != g.kind {
		return sshserver.Pass
	}
	c.Reply = sshserver.NewPacket(sshserver.Status, c.ID).AddUint32(uint32(sshserver.Failure)).AddString(words).AddString("")
	return sshserver.Answer
}
func (grumble) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// requireTame checks that nothing acts on a terminal, and that each line is the program's own.
func requireTame(t *testing.T, text string) {
	t.Helper()
	require.NotEmpty(t, text)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		require.True(t, utf8.ValidString(line), "%q", line)
		require.False(t, strings.ContainsFunc(line, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }), "%q", line)
		require.True(t, strings.HasPrefix(line, "mscp: "), "%q", line)
	}
}

// What a server says, in names, status messages and its banner, never acts on the terminal, nor looks like a line of the program.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	name := strings.ReplaceAll(words, "\x00", "")
	for what, start := range map[string]func(r *rig) []string{
		"names": func(r *rig) []string {
			r.make("src/"+strings.ReplaceAll(name, "/", ""), 5)
			return []string{"-v", "server:src", "dst"}
		},
		"statuses": func(r *rig) []string { r.make("src/a", 900); return []string{"src", "server:dst"} },
		"listing":  func(r *rig) []string { r.make("list/a", 5); return []string{"server:list", "dst"} },
	} {
		faults := map[string][]sshserver.Fault{
			"statuses": {grumble{sshserver.Write}}, "listing": {sshserver.ExtraNames("list", words)},
		}[what]
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := faultyServer(t, withFaults(faults...))
			args := start(r)
			o := r.run(args...)
			requireTame(t, o.stderr)
			require.Empty(t, o.stdout)
			require.Contains(t, o.stderr, `x\x1b`)
			require.NoError(t, os.RemoveAll(r.path("dst")))
			requireEvents(t, r.run(append([]string{"--json"}, args...)...).stdout)
		})
	}
	t.Run("banner", func(t *testing.T) {
		t.Parallel()
		file := t.TempDir() + "/banner"
		require.NoError(t, os.WriteFile(file, []byte(words), 0o644))
		r := realServer(t, "Banner "+file)
		r.make("a", 5)
		o := r.exits(0, "-vv", "a", "server:b")
		require.Contains(t, o.stderr, "owned")
		requireTame(t, o.stderr)
	})
}

// requireEvents checks JSON lines: names that are not UTF-8 come whole in base64.
func requireEvents(t *testing.T, text string) {
	t.Helper()
	require.NotEmpty(t, text)
	for line := range strings.Lines(text) {
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &event), "%q", line)
		require.NotContains(t, strings.TrimSuffix(line, "\n"), "\x1b")
		if whole, ok := event["path_base64"].(string); ok {
			b, err := base64.StdEncoding.DecodeString(whole)
			require.NoError(t, err)
			require.Contains(t, string(b), "x\x1b]0;owned\x07")
		}
	}
}
