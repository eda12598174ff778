package sshpool

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// offers runs a login against a server that rejects everything with this list of methods, and returns what was tried.
func offers(t *testing.T, listed []string) []string {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, encode(t, sshdtest.Generate(t, "ed25519"), "openssh", ""), 0o600))
	host := &sshconf.Host{Alias: "host", User: "user", IdentityFiles: []string{file}, NumberOfPasswordPrompts: 1,
		PubkeyAcceptedAlgorithms: []string{ssh.KeyAlgoED25519},
		Authentications:          []string{"publickey", "keyboard-interactive", "password"}}
	pool := newPool(t, Options{Host: host})
	conn := newConn(pool, 1)
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	conn.net = &netConn{Conn: ours}
	l := newAuth(Options{Host: host, Log: testLog(t)}).login(within(t), conn)
	defer l.close()
	for range 10 {
		if _, err := l.next(&ssh.ClientAuthContext{AllowedMethods: listed}); err != nil {
			break
		}
		l.last.used = []string{"a secret"} // one that the server rejects
	}
	return l.tried
}

// A server that lists no methods takes some all the same: each is tried, as OpenSSH does, in the user's order.
func TestServerListsNoMethods(t *testing.T) {
	for _, listed := range [][]string{nil, {}, {""}} {
		tried := offers(t, listed)
		require.Len(t, tried, 2, "%q", listed)
		require.Contains(t, tried[0], "publickey")
		require.Equal(t, "keyboard-interactive", tried[1], "NumberOfPasswordPrompts bounds the secrets")
	}
	require.Equal(t, []string{"password"}, offers(t, []string{"password"}), "a list that names methods counts")
	require.Empty(t, offers(t, []string{"gssapi-with-mic"}))
}
