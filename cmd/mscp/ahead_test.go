package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/endpoint"
	"mscp/internal/sshdtest"
)

// sparse makes a file of that size.
func sparse(t testing.TB, size int64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "src")
	require.NoError(t, os.WriteFile(name, nil, 0o644))
	require.NoError(t, os.Truncate(name, size))
	return name
}

// Connections are made before they are wanted only where they surely will be.
func TestAhead(t *testing.T) {
	large, small := sparse(t, 256<<20), sparse(t, 1<<20)
	given := func(flags ...string) func(string) bool {
		return func(f string) bool { return strings.Contains(" "+strings.Join(flags, " ")+" ", " "+f+" ") }
	}
	for name, c := range map[string]struct {
		connections int
		changed     func(string) bool
		sources     []string
		download    bool
		dry         bool
		want        int
	}{
		"as many as asked for":          {8, given("connections"), []string{large}, false, false, 7},
		"one":                           {1, given("connections"), []string{large}, false, false, 0},
		"nobody has asked":              {8, given(), []string{large}, false, false, 0},
		"channels asked for":            {4, given("sessions"), []string{large}, false, false, 3},
		"no more than there are chunks": {32, given("connections"), []string{large}, false, false, 15},
		"small files":                   {8, given("connections"), []string{small, small, small}, false, false, 0},
		"small files and a large one":   {8, given("connections"), []string{small, large, small}, false, false, 7},
		"a directory":                   {8, given("connections"), []string{t.TempDir()}, false, false, 0},
		"what is not there":             {8, given("connections"), []string{large + "x"}, false, false, 0},
		"a download":                    {8, given("connections"), []string{large}, true, false, 0},
		"a dry run":                     {8, given("connections"), []string{large}, false, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := copier{flags: &flags{connections: c.connections, sessions: 1, dryRun: c.dry}, changed: c.changed,
				target: endpoint.Endpoint{Remote: !c.download}}
			for _, s := range c.sources {
				f.sources = append(f.sources, endpoint.Endpoint{Remote: c.download, Path: s})
			}
			require.Equal(t, c.want, f.ahead())
		})
	}
}

// OpenSSH 10 counts connections that end without an attempt to log in against the address (PerSourcePenalties). A login that is refused
// makes none, and the next copy gets in.
func TestAheadWithoutPenalties(t *testing.T) {
	s := openSSH10(t, sshdtest.WithConfig("LogLevel DEBUG1"))
	wrong := filepath.Join(t.TempDir(), "wrong")
	sshdtest.NewKey(t, wrong, "ed25519")
	src := sparse(t, 128<<20)
	run := func(key string) error {
		return exec.CommandContext(t.Context(), "mscp", "-n", "8", "-S", "10", "-F", "none", "-P", strconv.Itoa(s.Port), "-i", key, "-o", "IdentitiesOnly=yes",
			"-o", "UserKnownHostsFile="+s.KnownHosts, "-o", "GlobalKnownHostsFile=none", src, s.User+"@"+s.Host+":"+t.TempDir()).Run()
	}
	var exit *exec.ExitError
	require.ErrorAs(t, run(wrong), &exit)
	require.Equal(t, exitConnection, exit.ExitCode())
	require.Equal(t, 1, strings.Count(s.Log(), "Connection from"), s.Log())
	require.Equal(t, 1, strings.Count(s.Log(), "Failed publickey"), s.Log())
	require.NotContains(t, s.Log(), "without attempting authentication")
	require.NoError(t, run(s.ClientKey), s.Log())
	require.NotContains(t, s.Log(), "drop connection")
}
