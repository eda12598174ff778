package sshpool

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// sshArgs are those with which the system's ssh reaches s.
func sshArgs(s *sshdtest.Server, more ...string) []string {
	return append(more, "-F", "none", "-p", strconv.Itoa(s.Port), "-l", s.User, "-i", s.ClientKey,
		"-o", "UserKnownHostsFile="+s.KnownHosts, "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes")
}

// startMaster starts a ControlMaster and returns its socket.
func startMaster(t *testing.T, s *sshdtest.Server) string {
	t.Helper()
	socket := filepath.Join(s.Dir, "master")
	cmd := exec.Command("ssh", append(sshArgs(s, "-M", "-N", "-S", socket), s.Host)...)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // 9.2 now and then misses a SIGINT
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool { _, err := os.Stat(socket); return err == nil }, time.Minute, 5*time.Millisecond)
	return socket
}

func newTransport(t *testing.T, kind Kind, o Options, c Command) Transport {
	t.Helper()
	if o.Log == nil {
		o.Log = testLog(t)
	}
	tr, err := NewTransport(kind, o, c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tr.Close()) })
	return tr
}

// useAll opens n channels one after the other and moves data on each; it returns how many there are per connection.
func useAll(t *testing.T, tr Transport, n int) map[int]int {
	t.Helper()
	perConn := map[int]int{}
	for range n {
		ch, err := tr.Open(within(t))
		require.NoError(t, err)
		use(t, ch)
		perConn[ch.ConnID()]++
	}
	return perConn
}

// use moves a few windows of data up and down, and leaves the channel open.
func use(t *testing.T, ch Stream) {
	t.Helper()
	client, err := sftp.NewClientPipe(ch, ch)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "file")
	data := strings.Repeat("0123456789abcdef", 192<<10)
	f, err := client.Create(name)
	require.NoError(t, err)
	_, err = io.Copy(f, strings.NewReader(data))
	require.NoError(t, err)
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	require.True(t, string(got) == data)
	require.NoError(t, f.Close())
}

func TestExecOnEveryTransport(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	for _, kind := range []Kind{Native, Control, OpenSSH} {
		t.Run(kind.String(), func(t *testing.T) {
			ch, err := newTransport(t, kind, Options{Host: h}, Command{Args: sshArgs(s), Host: s.Host}).Open(within(t))
			require.NoError(t, err)
			out, err := ch.Exec(within(t), "tr a-z A-Z", "hello")
			require.NoError(t, err)
			require.Equal(t, "HELLO", out)
			out, err = ch.Exec(within(t), "echo so; exit 3", "unread")
			var exit *ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, 3, exit.Status)
			require.Equal(t, "so\n", out)
			ctx, cancel := context.WithCancel(within(t))
			time.AfterFunc(50*time.Millisecond, cancel)
			_, err = ch.Exec(ctx, "sleep 1000", "")
			require.ErrorIs(t, err, context.Canceled)
			use(t, ch)
		})
	}
}

func noKeys(h *sshconf.Host) { h.IdentityFiles, h.AgentSocket = nil, "" }

func TestParseKind(t *testing.T) {
	for _, k := range []Kind{Auto, Native, Control, OpenSSH} {
		got, err := ParseKind(k.String())
		require.NoError(t, err)
		require.Equal(t, k, got)
	}
	_, err := ParseKind("ssh")
	require.Error(t, err)
}

// All channels go through the master; there is no second login; and when they are closed, or even dropped, the master goes on
// and the server's sessions end.
func TestControl(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxSessions 4"))
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	noKeys(h)
	for range 3 { // more in all than MaxSessions: those of the round before must have ended
		tr, err := NewTransport(Control, Options{Host: h, Connections: 4, Log: testLog(t)}, Command{})
		require.NoError(t, err)
		openUntil(t, tr, 4)
		require.NoError(t, tr.Close())
	}
	require.Equal(t, 1, strings.Count(s.Log(), "Accepted publickey"))
}

// openUntil opens n channels; the server may not have ended all earlier ones yet, and refusals must do no harm.
func openUntil(t *testing.T, tr Transport, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); n > 0; {
		ch, err := tr.Open(within(t))
		if err != nil {
			require.ErrorIs(t, err, ErrSessionRefused)
			require.True(t, time.Now().Before(deadline))
			time.Sleep(10 * time.Millisecond)
			continue
		}
		require.Equal(t, 1, ch.ConnID())
		use(t, ch)
		n--
	}
}

func TestControlSessionsRefused(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxSessions 2"))
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	tr := newTransport(t, Control, Options{Host: h, Connections: 4}, Command{})
	useAll(t, tr, 2)
	_, err := tr.Open(within(t))
	require.ErrorIs(t, err, ErrSessionRefused)
}

func TestControlWithoutMaster(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	_, err := NewTransport(Control, Options{Host: h}, Command{})
	var control *ControlError
	require.ErrorAs(t, err, &control)

	h.ControlPath = filepath.Join(s.Dir, "nobody")
	tr := newTransport(t, Control, Options{Host: h}, Command{})
	_, err = tr.Open(within(t))
	require.ErrorAs(t, err, &control)
	require.Contains(t, err.Error(), "no such file")
}

// The master's end is the end of the channels on it.
func TestControlMasterEnds(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	tr := newTransport(t, Control, Options{Host: h}, Command{})
	ch, err := tr.Open(within(t))
	require.NoError(t, err)
	s.DropConnections()
	_, err = ch.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestAuto(t *testing.T) {
	s := sshdtest.Start(t)
	t.Run("no master: native", func(t *testing.T) {
		h := resolve(t, s)
		h.ControlPath = filepath.Join(s.Dir, "nobody")
		require.Len(t, useAll(t, newTransport(t, Auto, Options{Host: h, Connections: 3}, Command{}), 3), 3)
	})
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	t.Run("a key suffices: native", func(t *testing.T) {
		require.Len(t, useAll(t, newTransport(t, Auto, Options{Host: h, Connections: 3}, Command{}), 3), 3)
	})
	t.Run("a question would be asked: control", func(t *testing.T) {
		noKeys(h)
		ask := &script{t: t} // fails the test at any question
		require.Equal(t, map[int]int{1: 3}, useAll(t, newTransport(t, Auto, Options{Host: h, Connections: 3, Prompter: ask}, Command{}), 3))
	})
	t.Run("an unknown host key: control", func(t *testing.T) {
		unknown := *h
		unknown.UserKnownHostsFiles = []string{filepath.Join(t.TempDir(), "none")}
		useAll(t, newTransport(t, Auto, Options{Host: &unknown, Prompter: &script{t: t}}, Command{}), 1)
	})
	t.Run("a changed host key: refused", func(t *testing.T) {
		other := sshdtest.Start(t)
		changed := *h
		changed.UserKnownHostsFiles = []string{filepath.Join(t.TempDir(), "known_hosts")}
		known, err := os.ReadFile(other.KnownHosts)
		require.NoError(t, err)
		text := strings.ReplaceAll(string(known), strconv.Itoa(other.Port), strconv.Itoa(s.Port))
		require.NoError(t, os.WriteFile(changed.UserKnownHostsFiles[0], []byte(text), 0o600))
		_, err = newTransport(t, Auto, Options{Host: &changed}, Command{}).Open(within(t))
		var key *HostKeyError
		require.ErrorAs(t, err, &key)
		require.Equal(t, Changed, key.Kind)
	})
}

func TestOpenSSH(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	tr := newTransport(t, OpenSSH, Options{Host: h, Connections: 3}, Command{Args: sshArgs(s), Host: s.Host})
	require.Equal(t, map[int]int{1: 1, 2: 1, 3: 1}, useAll(t, tr, 3))
	require.Equal(t, 3, strings.Count(s.Log(), "Accepted publickey"))
}

// Only the first login works; the others become sessions on its connection, with one failed login and one notice.
func TestOpenSSHShares(t *testing.T) {
	s := sshdtest.Start(t)
	key := filepath.Join(s.Dir, "once")
	data, err := os.ReadFile(s.ClientKey)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, data, 0o600))
	var notices atomic.Int32
	s.ClientKey = key
	tr := newTransport(t, OpenSSH, Options{Host: resolve(t, s), Connections: 4, Notice: func(string) { notices.Add(1) }},
		Command{Args: sshArgs(s), Host: s.Host})
	useAll(t, tr, 1)
	require.NoError(t, os.Remove(key))
	require.Equal(t, map[int]int{1: 3}, useAll(t, tr, 3))
	require.EqualValues(t, 1, notices.Load())
	require.Equal(t, 1, strings.Count(s.Log(), "Accepted publickey"))
}

// A running master of the user's carries the first channel; the others need no question either.
func TestOpenSSHUsesMaster(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.ControlPath = startMaster(t, s)
	s.ClientKey = "/nonexistent"
	tr := newTransport(t, OpenSSH, Options{Host: h, Connections: 3}, Command{Args: sshArgs(s, "-o", "ControlPath="+h.ControlPath), Host: s.Host})
	require.Equal(t, map[int]int{1: 3}, useAll(t, tr, 3))
}

func TestOpenSSHErrors(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	open := func(c Command) *SSHError {
		_, err := newTransport(t, OpenSSH, Options{Host: h}, c).Open(within(t))
		var failed *SSHError
		require.ErrorAs(t, err, &failed)
		return failed
	}
	failed := open(Command{Args: append(sshArgs(s), "-o", "IdentitiesOnly=yes", "-o", "PubkeyAuthentication=no"), Host: s.Host})
	require.Equal(t, 255, failed.Status)
	require.Contains(t, failed.Stderr, "Permission denied")
	require.ErrorIs(t, open(Command{Path: "/nonexistent/ssh", Host: s.Host}), os.ErrNotExist)
	require.NotZero(t, open(Command{Args: sshArgs(s), Host: "-oProxyCommand=touch /tmp/x"}).Status, "a host is never an option")
}

// A stopped ssh is given up with the context, and ended by Close.
func TestOpenSSHCancelled(t *testing.T) {
	s := sshdtest.Start(t)
	silent := filepath.Join(t.TempDir(), "ssh")
	require.NoError(t, os.WriteFile(silent, []byte("#!/bin/sh\ntrap '' HUP\nexec sleep 1000\n"), 0o755))
	tr := newTransport(t, OpenSSH, Options{Host: resolve(t, s)}, Command{Path: silent, Host: s.Host})
	ctx, cancel := context.WithCancel(within(t))
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := tr.Open(ctx)
	require.ErrorIs(t, err, ctx.Err())
}
