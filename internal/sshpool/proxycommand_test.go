package sshpool

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

func proxyMain(addr string) int {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stderr, "proxy: connected")
	go func() {
		_, _ = io.Copy(c, os.Stdin)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, c)
	return 0
}

func proxied(t *testing.T, h *sshconf.Host, command string) *sshconf.Host {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	h.ProxyCommand, h.Shell = strings.ReplaceAll(command, "PROXY", "'"+self+"' proxy"), "/bin/sh"
	return h
}

func TestProxyCommand(t *testing.T) {
	s := sshdtest.Start(t)
	pids := filepath.Join(t.TempDir(), "pids")
	h := proxied(t, resolve(t, s), "sh -c 'echo $$ >> "+pids+"; exec \"$@\"' x PROXY "+s.Addr)
	h.HostName, h.HostKeyAlias = "no-such-host.invalid", "[127.0.0.1]:"+strings.TrimPrefix(s.Addr, "127.0.0.1:")
	var logged tail
	logged.line = func(string) {}
	p := newPool(t, Options{Host: h, Connections: 3, Log: func(_ int, format string, args ...any) {
		fmt.Fprintf(&logged, format+"\n", args...)
	}})
	channels, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	for _, ch := range channels {
		exercise(t, ch)
	}
	require.NoError(t, p.Close())
	require.Contains(t, logged.text(), "ProxyCommand: proxy: connected")
	text, err := os.ReadFile(pids)
	require.NoError(t, err)
	require.Len(t, strings.Fields(string(text)), 3)
	for _, pid := range strings.Fields(string(text)) {
		require.NoDirExists(t, "/proc/"+pid, "the pool has waited for it")
	}
}

// A command that does not heed that its connection is closed is killed.
func TestStubbornProxyCommand(t *testing.T) {
	s := sshdtest.Start(t)
	h := proxied(t, resolve(t, s), "sh -c 'trap \"\" HUP PIPE; \"$@\"; while :; do sleep 0.1; done' x PROXY "+s.Addr)
	p := newPool(t, Options{Host: h})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	require.NoError(t, p.Close())
}

func TestProxyCommandFails(t *testing.T) {
	s := sshdtest.Start(t)
	for command, want := range map[string]string{
		"PROXY 127.0.0.1:1":           "exit status 1: dial tcp 127.0.0.1:1: connect: connection refused",
		"/nonexistent/program":        "exit status 127: ",
		"sh -c 'echo why >&2; false'": "exit status 1: why",
	} {
		p := newPool(t, Options{Host: proxied(t, resolve(t, s), command)})
		_, err := p.Open(within(t))
		var dial *DialError
		require.ErrorAs(t, err, &dial)
		require.Equal(t, Failed, dial.Kind)
		require.ErrorAs(t, err, new(*ProxyError))
		require.ErrorContains(t, err, want)
	}
}

// A proxy that ends without a word is taken for a server that drops: it is tried again.
func TestProxyCommandEnds(t *testing.T) {
	s := sshdtest.Start(t)
	mark := filepath.Join(t.TempDir(), "mark")
	h := proxied(t, resolve(t, s), "sh -c 'test -e "+mark+" || { touch "+mark+"; exit 0; }; exec \"$@\"' x PROXY "+s.Addr)
	_, err := newPool(t, Options{Host: h, Jitter: 0.01}).Open(within(t))
	require.NoError(t, err)
}

func TestProxyCommandTimeout(t *testing.T) {
	s := sshdtest.Start(t)
	h := proxied(t, resolve(t, s, "ConnectTimeout=1"), "sleep 600")
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Timeout, dial.Kind)
}
