package benchmark

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/benchmark/link"
	"mscp/internal/benchmark/result"
	"mscp/internal/sshdtest"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

func serve(t *testing.T, kind string) *Target {
	if _, err := findSSHD(); kind == SSHD && err != nil {
		sshdtest.Unavailable(t, err.Error())
	}
	w := newWorkdir(t, t.TempDir())
	target, err := Serve(t.Context(), kind, w, map[string]Store{result.Memory: w, result.Disk: w}, nil, link.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, target.Close()) })
	return target
}

// login opens a connection with what the target gives to tools with an SSH of their own.
func login(t *testing.T, target *Target) *ssh.Client {
	pem, err := os.ReadFile(target.Key)
	require.NoError(t, err)
	key, err := ssh.ParsePrivateKey(pem)
	require.NoError(t, err)
	known, err := knownhosts.New(target.KnownHosts)
	require.NoError(t, err)
	c, err := ssh.Dial("tcp", addrOf(target), &ssh.ClientConfig{User: target.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: known})
	require.NoError(t, err)
	return c
}

func addrOf(t *Target) string { return net.JoinHostPort(t.HostName, strconv.Itoa(t.Port)) }

func TestServe(t *testing.T) {
	for kind, shell := range map[string]bool{Embedded: false, SSHD: true} {
		t.Run(kind, func(t *testing.T) {
			target := serve(t, kind)
			require.Equal(t, kind, target.Server)
			require.Equal(t, result.Path{Kind: result.Loopback}, target.Path)
			require.Equal(t, shell, target.Shell)
			require.NotNil(t, target.raw)

			config, err := os.ReadFile(target.SSH[1])
			require.NoError(t, err)
			require.Equal(t, "-F", target.SSH[0])
			for _, line := range []string{"Host " + target.Host, "HostName " + target.HostName, fmt.Sprintf("Port %d", target.Port), "StrictHostKeyChecking yes"} {
				require.Contains(t, string(config), line)
			}
			info, err := os.Stat(target.Key)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

			c := login(t, target)
			s, err := c.NewSession()
			require.NoError(t, err)
			require.NoError(t, s.RequestSubsystem("sftp"))
			require.NoError(t, c.Close())

			require.NoError(t, target.Close())
			require.NoError(t, target.Close())
			require.False(t, listening(target.raw.listener.Addr().String()))
			require.False(t, listening(addrOf(target)))
		})
	}
}

func listening(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// A client that stays does not hold Close up.
func TestCloseWithAConnectionOpen(t *testing.T) {
	for _, kind := range []string{Embedded, SSHD} {
		t.Run(kind, func(t *testing.T) {
			target := serve(t, kind)
			loggedIn := login(t, target)
			defer loggedIn.Close()
			silent, err := net.Dial("tcp", addrOf(target))
			require.NoError(t, err)
			defer silent.Close()
			_, err = io.ReadFull(silent, make([]byte, 4))
			require.NoError(t, err)
			raw, err := net.Dial("tcp", target.raw.listener.Addr().String())
			require.NoError(t, err)
			defer raw.Close()
			require.NoError(t, target.Close())
			require.False(t, listening(addrOf(target)))
		})
	}
}

// A server does not end with the context that it was started with, but with its target: its clients end first.
func TestServerOutlivesItsContext(t *testing.T) {
	w := newWorkdir(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	target, err := Serve(ctx, Embedded, w, nil, nil, link.Config{})
	require.NoError(t, err)
	cancel()
	require.NoError(t, login(t, target).Close())
	require.NoError(t, target.Close())
}

func TestServeFails(t *testing.T) {
	w := newWorkdir(t, t.TempDir())
	require.NoError(t, os.WriteFile(filepath.Join(w.Path(), Embedded), nil, 0o600)) // where the keys are to lie
	_, err := Serve(t.Context(), Embedded, w, nil, nil, link.Config{})
	require.ErrorContains(t, err, "the embedded server: ")
	require.ErrorIs(t, err, os.ErrExist)
}

// keepSSHD is the helper "sshd PARENT": it says where sshd listens.
func keepSSHD(args []string) error {
	w, err := NewWorkdir(args[0])
	if err != nil {
		return err
	}
	target, err := Serve(context.Background(), SSHD, w, nil, nil, link.Config{})
	if err != nil {
		return err
	}
	stay(addrOf(target) + " " + w.Path())
	return target.Close()
}

// Whoever started sshd may be killed: sshd ends nevertheless.
func TestSSHDEndsWithItsOwner(t *testing.T) {
	if _, err := findSSHD(); err != nil {
		sshdtest.Unavailable(t, err.Error())
	}
	h := startHelper(t, "sshd", t.TempDir())
	addr, dir, ok := strings.Cut(h.said, " ")
	require.True(t, ok, h.said)
	require.True(t, listening(addr))
	require.NotEmpty(t, mentioning(dir))
	h.kill()
	require.Eventually(t, func() bool { return !listening(addr) && len(mentioning(dir)) == 0 }, patience, 20*time.Millisecond)
}

// mentioning are the command lines of the processes (Linux) that hold text.
func mentioning(text string) (lines []string) {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), text) {
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}
