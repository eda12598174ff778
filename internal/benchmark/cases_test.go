package benchmark

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// words are a case in short.
func words(c *planned) string {
	text := c.Tool
	if c.Tool == result.Mscp || c.Tool == result.SSH {
		text += fmt.Sprintf(" %dx%d", c.Connections, c.Sessions)
	} else if c.Tool == result.TCP {
		text += fmt.Sprintf(" %d", c.Connections)
	}
	if c.Cipher != "" {
		text += " " + c.Cipher
	}
	if c.Settings != "" {
		text += ", " + c.Settings
	}
	return text
}

func TestPlan(t *testing.T) {
	here, far := paper(), paper()
	here.raw, here.Server, here.Shell = &rawServer{}, Embedded, false
	far.Server = Host
	peers, err := Named([]string{"scp", "rsync"})
	require.NoError(t, err)
	mine, err := Custom("mine=x {src} {dst}")
	require.NoError(t, err)

	for name, c := range map[string]struct {
		change  func(*Spec, *result.Question)
		target  *Target
		want    []string
		skipped []result.Skipped
	}{
		"one file": {func(*Spec, *result.Question) {}, far, []string{"single", "mscp 1x1", "mscp 4x1"}, nil},
		"a tree": {func(s *Spec, q *result.Question) { q.Work.Files, s.Limits = 9, true }, here, // not in one stream, and not alone
			[]string{"mscp 1x1", "mscp 4x1"}, nil},
		"sessions and ciphers": {func(s *Spec, _ *result.Question) {
			s.Sessions, s.Ciphers, s.Connections = []int{1, 2}, []string{"a", "b"}, []int{1, 8}
		}, far,
			[]string{"single a", "mscp 1x1 a", "mscp 8x1 a", "mscp 1x2 a", "mscp 8x2 a", "single b", "mscp 1x1 b", "mscp 8x1 b", "mscp 1x2 b", "mscp 8x2 b"}, nil},
		"TCP alone": {func(s *Spec, _ *result.Question) { s.Limits, s.Connections = true, []int{2, 8, 4} }, here,
			[]string{"single", "mscp 2x1", "mscp 8x1", "mscp 4x1", "tcp 8"}, nil},
		"SSH alone": {func(s *Spec, _ *result.Question) {
			s.Limits, s.Ciphers, s.Sessions = true, []string{"a", "b"}, []int{1, 3}
		}, far,
			[]string{"single a", "mscp 1x1 a", "mscp 4x1 a", "mscp 1x3 a", "mscp 4x3 a", "single b", "mscp 1x1 b", "mscp 4x1 b", "mscp 1x3 b", "mscp 4x3 b", "ssh 4x3 a"}, nil},
		"too little for the path": {func(s *Spec, q *result.Question) { s.Limits, q.Work.Size = true, 1<<20-1 }, here,
			[]string{"single", "mscp 1x1", "mscp 4x1"}, nil},
		"peers": {func(s *Spec, _ *result.Question) {
			s.Limits, s.Peers, s.Settings = true, append(peers, mine), []string{result.SameCipher, result.Defaults}
		}, far,
			[]string{"single", "mscp 1x1", "mscp 4x1", "ssh 4x1", "scp aes128-gcm@openssh.com, same cipher", "scp, defaults",
				"rsync aes128-gcm@openssh.com, same cipher", "rsync, defaults", "mine"}, nil},
		"peers and ciphers": {func(s *Spec, _ *result.Question) {
			s.Ciphers, s.Peers, s.Settings, s.Connections = []string{"a", ""}, peers[:1], []string{result.Defaults, result.SameCipher}, []int{1}
		}, far, []string{"single a", "mscp 1x1 a", "single", "mscp 1x1", "scp, defaults", "scp a, same cipher", "scp aes128-gcm@openssh.com, same cipher"}, nil},
		"no commands there": {func(s *Spec, _ *result.Question) { s.Peers = peers }, here,
			[]string{"single", "mscp 1x1", "mscp 4x1", "scp aes128-gcm@openssh.com, same cipher"},
			[]result.Skipped{{Tool: "rsync", Reason: "the embedded server runs no commands"}}},
		"to nowhere": {func(s *Spec, q *result.Question) { s.Peers, q.Sink = append(peers, mine), result.Null }, far,
			[]string{"single", "mscp 1x1", "mscp 4x1"}, []result.Skipped{{Tool: "scp", Reason: "it writes into files only"},
				{Tool: "rsync", Reason: "it writes into files only"}, {Tool: "mine", Reason: "it writes into files only"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s, q := small(), questionOf(result.Up, 1)
			c.change(&s, &q)
			cases, skipped := s.plan(c.target, q, anything)
			var got []string
			for _, p := range cases {
				got = append(got, words(p))
				require.Equal(t, q, p.Question)
				require.Equal(t, p.command.String(), p.Command)
				require.Equal(t, p.Tool == result.TCP, p.Command == "")
				require.NotNil(t, p.Samples) // [] in JSON, not null
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.skipped, skipped)
		})
	}
}

// Every case keeps its own peer.
func TestPlanKeepsPeersApart(t *testing.T) {
	s := small()
	s.Peers, s.Connections = Peers(), []int{1}
	cases, skipped := s.plan(paper(), questionOf(result.Up, 1), anything)
	require.Empty(t, skipped)
	for _, c := range cases[2:] {
		require.Equal(t, c.Tool, c.tool.Name)
	}
	cases, skipped = s.plan(paper(), questionOf(result.Up, 1), installed("lftp"))
	require.Len(t, cases, 3)
	require.Len(t, skipped, 5)
}

// What mscp is told is what the case says.
func TestOursFollowsTheCase(t *testing.T) {
	s := small()
	s.Block, s.Inflight = 65536, 7
	cases, _ := s.plan(paper(), questionOf(result.Up, 1), anything)
	require.Equal(t, int64(32<<10), cases[0].Block, "scp's own, not ours")
	require.Equal(t, 64, cases[0].Inflight)
	require.Contains(t, cases[0].Command, " -n 1 --sessions 1 -b 32768 -a 64 -s 1048576 ")
	require.Equal(t, int64(65536), cases[1].Block)
	require.Contains(t, cases[2].Command, " -n 4 --sessions 1 -b 65536 -a 7 ")
	require.NotContains(t, cases[2].Command, " -s ")
}
