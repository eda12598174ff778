package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/testtree"
)

// demoArgs are the arguments that the demo gives to the copy command, taken apart.
type demoArgs struct{ port, key, knownHosts, from, to string }

func parseDemoArgs(t *testing.T, args []string) demoArgs {
	require.Len(t, args, 15)
	require.Equal(t, []string{"-P", "-i", "-F", "none", "-l", "demo"}, append([]string{args[0], args[2]}, args[4:8]...))
	return demoArgs{
		args[1], args[3], strings.TrimPrefix(args[9], "UserKnownHostsFile="),
		strings.TrimPrefix(args[13], "127.0.0.1:"), strings.TrimPrefix(args[14], "127.0.0.1:"),
	}
}

// cp copies as mscp would, and proves that the server can be reached with what the demo gave.
func cp(t *testing.T) copyFunc {
	return func(ctx context.Context, args []string) error {
		a := parseDemoArgs(t, args)
		pem, err := os.ReadFile(a.key)
		require.NoError(t, err)
		key, err := ssh.ParsePrivateKey(pem)
		require.NoError(t, err)
		known, err := knownhosts.New(a.knownHosts)
		require.NoError(t, err)
		c, err := ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", a.port), &ssh.ClientConfig{
			User: "me", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: known,
		})
		require.NoError(t, err)
		require.NoError(t, c.Close())
		return exec.CommandContext(ctx, "cp", "-rLp", a.from, a.to).Run()
	}
}

// runDemo runs "demo" on a small data set and returns its output; the directory must be empty afterwards.
func runDemo(t *testing.T, ctx context.Context, copy copyFunc, args ...string) (string, error) {
	dir := t.TempDir()
	var out bytes.Buffer
	c := newDemoCommand(copy)
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs(append([]string{"--dir", dir, "--size", "100k"}, args...))
	err := c.ExecuteContext(ctx)
	left, readErr := os.ReadDir(dir)
	require.NoError(t, readErr)
	require.Empty(t, left)
	return out.String(), err
}

func TestDemoPrintsTheFigures(t *testing.T) {
	out, err := runDemo(t, t.Context(), cp(t))
	require.NoError(t, err)
	require.Contains(t, out, "both copies are identical")
	require.Regexp(t, `(?m)^upload +[0-9.]+ s +[0-9.]+ Gbit/s +[0-9]+ files/s$`, out)
	require.Regexp(t, `(?m)^download +[0-9.]+ s +[0-9.]+ Gbit/s +[0-9]+ files/s$`, out)
}

func TestDemoFindsADamagedCopy(t *testing.T) {
	good := cp(t)
	_, err := runDemo(t, t.Context(), func(ctx context.Context, args []string) error {
		a := parseDemoArgs(t, args)
		if err := good(ctx, args); err != nil || filepath.Base(a.to) != "down" {
			return err
		}
		return os.Truncate(filepath.Join(a.to, "large-0.bin"), 99<<10)
	})
	var diff *testtree.DiffError
	require.ErrorAs(t, err, &diff)
	require.ErrorContains(t, err, "downloaded copy")
}

func TestDemoCleansUpAfterAFailure(t *testing.T) {
	broken := errors.New("broken")
	_, err := runDemo(t, t.Context(), func(context.Context, []string) error { return broken })
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = runDemo(t, ctx, func(context.Context, []string) error {
		cancel(&signalled{syscall.SIGINT})
		return nil // a copy that swallows the interruption
	})
	require.ErrorAs(t, err, new(*signalled))
}

func TestDemoWithoutRoom(t *testing.T) {
	_, err := runDemo(t, t.Context(), cp(t), "--size", "100000t")
	require.ErrorContains(t, err, "--dir")
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "17": 17, "1k": 1024, "256M": 256 << 20, "3g": 3 << 30, "1T": 1 << 40} {
		var b byteSize
		require.NoError(t, b.Set(text), text)
		require.Equal(t, want, int64(b), text)
	}
	for _, text := range []string{"", "k", "-1", "1kk", "km", "1.5g", "1x", "9999999t"} {
		require.Error(t, new(byteSize).Set(text), text)
	}
}
