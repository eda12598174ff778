//go:build linux

package main

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/faultproxy"
	"mscp/internal/sshserver"
	"mscp/internal/testtree"
)

// spoiler stores another byte than it acknowledges, in the first times writes to the file "bad".
type spoiler struct{ times atomic.Int64 }

func (s *spoiler) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Write && strings.Contains(c.Path, "/.bad.") && s.times.Add(-1) >= 0 {
		c.Request[len(c.Request)-1] ^= 1
	}
	return sshserver.Pass
}
func (*spoiler) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A copy that came out different is found by --verify alone: mended if it can be, else exit 4 and no final name.
func TestVerifyExitCodes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{900, 700_000} {
		for times, code := range map[int64]int{1: 0, 1 << 40: 4} {
			s := &spoiler{}
			s.times.Store(times)
			r := faultyServer(t, withFaults(s))
			r.tree("src")
			r.make("src/bad", size)
			o := r.exits(code, append(chunky("-n", "2", "--verify"), "src/.", "server:dst")...)
			require.Contains(t, o.stderr, "mscp reads files back to compare them")
			require.Contains(t, o.stderr, "sends that block again")
			if code == 0 {
				r.same("src", "dst")
				continue
			}
			require.Regexp(t, `failed: .*"src/./bad": the copy differs from the source at byte \d+`, o.stderr)
			requireSameBut(r, "src", "dst", "bad")
			require.NotContains(t, r.files("dst"), "bad")
		}
	}
}

// The far digest is made by a command, whatever the names: none is ever part of a script.
func TestVerifyByCommandWithOddNames(t *testing.T) {
	t.Parallel()
	ways(t, func(t *testing.T, _, _ string, data faultproxy.Direction) {
		r := realServer(t)
		names := append(testtree.OddNames(), "$(touch pwned)", "`touch pwned`", "';touch pwned;'", "\";touch pwned;\"", "-n", "--", "a\nb", "{}", "%s", "~", "*")
		for _, name := range names {
			r.make("src/"+name, 5000)
		}
		src, dst := r.path("src")+"/.", "server:"+r.path("dst") // absolute: commands begin in the home directory
		if data == faultproxy.Down {
			src, dst = "server:"+src, r.path("dst")
		}
		o := r.exits(0, "-n", "1", "-b", "1k", "--verify=command", src, dst)
		r.same("src", "dst")
		require.NotContains(t, o.stderr, "read back")
		require.GreaterOrEqual(t, strings.Count(r.log(), "Starting session: command"), len(r.files("src")))
		for _, dir := range []string{r.dir, homeOf(r)} {
			_, err := os.Stat(dir + "/pwned")
			require.ErrorIs(t, err, os.ErrNotExist)
		}
	})
}

func homeOf(r *rig) string {
	home, err := os.UserHomeDir() // where commands of the same user's login begin
	require.NoError(r.t, err)
	return home
}

// Where the server runs no commands, files are read back; --verify=command says that it cannot be.
func TestVerifyWhereCommandsAreForbidden(t *testing.T) {
	t.Parallel()
	r := realServer(t, "ForceCommand internal-sftp")
	r.tree("src")
	dst := "server:" + r.path("dst")
	o := r.exits(0, append(chunky("--verify"), "src/.", dst)...)
	require.Contains(t, o.stderr, "mscp reads files back to compare them: none of b3sum, sha256sum and shasum works on the server")
	require.NotContains(t, o.stderr, "%!")
	r.same("src", "dst")
	o = r.exits(1, append(chunky("--verify=command"), "src/.", dst)...)
	require.Contains(t, o.stderr, "mscp: --verify=command: none of b3sum, sha256sum and shasum works on the server")
	require.NotContains(t, o.stderr, "%!")
	r.exits(0, append(chunky("--verify=readback"), "src/.", dst)...)
}

// The connection that ran the commands is lost: another one runs them.
func TestVerifyByCommandAfterALostConnection(t *testing.T) {
	t.Parallel()
	r := realServer(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		r.make("src/"+name, 600_000)
	}
	cmd := r.command("-n", "1", "-b", "32k", "-L", "8m", "--verify=command", "src", "server:"+r.path("dst"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		names, _ := os.ReadDir(r.path("dst"))
		return len(names) > 0
	}, patience, patience/6000)
	r.drop()
	_ = cmd.Wait()
	require.Zero(t, cmd.ProcessState.ExitCode(), stderr.String())
	require.Contains(t, stderr.String(), "a connection was lost, and mscp replaces it")
	require.NotContains(t, stderr.String(), "read back")
	r.same("src", "dst")
}
