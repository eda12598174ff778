//go:build linux

package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/faultproxy"
)

// The umask of the side that makes them applies to directories, and set-id and sticky bits stay behind without -p.
func TestUmaskOfDirectories(t *testing.T) {
	t.Parallel()
	ways(t, func(t *testing.T, _, _ string, data faultproxy.Direction) {
		r := realServer(t, "Subsystem sftp internal-sftp -u 027")
		r.make("src/d/f", 10)
		require.NoError(t, os.Chmod(r.path("src"), 0o777))
		require.NoError(t, os.Chmod(r.path("src/d"), 0o777|os.ModeSticky|os.ModeSetgid))
		require.NoError(t, os.Chmod(r.path("src/d/f"), 0o755|os.ModeSetuid))
		src, dst := r.path("src"), "server:"+r.path("dst")
		if data == faultproxy.Down {
			src, dst = "server:"+src, r.path("dst")
		}
		cmd := r.command(src, dst)
		cmd.Args = append([]string{"sh", "-c", `umask 027; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
		sh, err := exec.LookPath("sh")
		require.NoError(t, err)
		cmd.Path = sh
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		for name, want := range map[string]os.FileMode{"dst": 0o750, "dst/d": 0o750, "dst/d/f": 0o755} {
			info, err := os.Stat(r.path(name))
			require.NoError(t, err)
			require.Equal(t, want, info.Mode()&^os.ModeDir, name)
		}
	})
}
