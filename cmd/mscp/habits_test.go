//go:build linux

package main

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshserver"
)

// written counts the bytes that are sent in WRITE requests.
type written struct{ bytes atomic.Int64 }

func (w *written) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Write {
		w.bytes.Add(int64(c.Length))
	}
	return sshserver.Pass
}
func (*written) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A server without a rename is found out before large files are sent, and at the first small one; --inplace leads out.
func TestServerWithoutRename(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]sshserver.Fault{
		"OpenSSH's": sshserver.NoRename(), "another make's": sshserver.All(sshserver.NotOpenSSH(), sshserver.NoRename()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &written{}
			r := faultyServer(t, withFaults(w, make))
			r.tree("src")
			o := r.exits(1, append(chunky("-n", "2"), "src/large", "server:copy")...)
			require.Contains(t, o.stderr, "the server cannot rename files")
			require.Contains(t, o.stderr, "hint: --inplace")
			require.Zero(t, w.bytes.Load())
			o = r.exits(1, append(chunky("-n", "2"), "src/d/e", "server:dst")...)
			require.Contains(t, o.stderr, "hint: --inplace")
			require.LessOrEqual(t, w.bytes.Load(), int64(2000), "one small file")
			r.exits(0, append(chunky("-n", "2", "--inplace"), "src/.", "server:whole")...)
			r.same("src", "whole")
		})
	}
}

// A server that does not give back what it is sent is given up with exit 4, whatever flags are set.
func TestUnfaithfulServer(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--verify=readback"}, {"--inplace"}} {
		for _, src := range []string{"src/d/e", "src/large"} {
			r := faultyServer(t, withFaults(sshserver.NotOpenSSH(), sshserver.Spoils()))
			r.tree("src")
			o := r.exits(4, append(append(chunky("-n", "2"), flags...), src, "server:dst")...)
			require.Contains(t, o.stderr, "differs")
		}
	}
}

// A directory that others may not read is never open to them, though the server ignores the mode that MKDIR gives, nor are its files.
func TestModesThatAServerIgnores(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, withFaults(sshserver.NotOpenSSH(), sshserver.IgnoresModes(), &nothingOpen{}))
	r.make("src/f", 1000)
	r.make("src/d/f", 1000)
	for _, dir := range []string{"src", "src/d"} {
		require.NoError(t, os.Chmod(r.path(dir), 0o700))
	}
	require.NoError(t, os.Chmod(r.path("src/f"), 0o600))
	r.exits(0, "src", "server:dst")
	for name, mode := range map[string]os.FileMode{"dst": 0o700, "dst/d": 0o700, "dst/f": 0o600, "dst/d/f": 0o644} {
		i, err := os.Stat(r.path(name))
		require.NoError(t, err)
		require.Equal(t, mode, i.Mode().Perm(), name)
	}
}

// nothingOpen fails each WRITE to a file that others can read, or that lies in a directory which they can read, unless both are to be so.
type nothingOpen struct{}

func (*nothingOpen) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind != sshserver.Write {
		return sshserver.Pass
	}
	dir, err := os.Stat(filepath.Dir(c.Path))
	if err != nil || dir.Mode().Perm()&0o077 != 0 {
		return c.Status(sshserver.Failure)
	}
	if i, err := os.Stat(c.Path); err != nil || filepath.Base(filepath.Dir(c.Path)) == "dst" && i.Mode().Perm()&0o077 != 0 {
		return c.Status(sshserver.Failure)
	}
	return sshserver.Pass
}
func (*nothingOpen) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }
