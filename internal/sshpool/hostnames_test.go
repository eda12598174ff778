package sshpool

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// A host that is not known with its port is looked up under its name alone, as ssh does: for a match only.
func TestKnownWithoutPort(t *testing.T) {
	s := sshdtest.Start(t)
	host, _, err := net.SplitHostPort(s.Addr)
	require.NoError(t, err)
	bare := net.JoinHostPort(host, "22")

	h := resolve(t, s, "StrictHostKeyChecking=yes")
	known(t, h, line(bare, s.HostKey))
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)

	other := newPublic(t, "ed25519")
	for _, c := range []struct {
		name  string
		lines []string
		kind  HostKeyKind
	}{
		{"another key under the name alone says nothing", []string{line(bare, other)}, Unknown},
		{"the name with its port is the stronger one", []string{line(bare, s.HostKey), line(s.Addr, other)}, Changed},
		{"a revoked key", []string{line(bare, s.HostKey), "@revoked * " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.HostKey)))}, Revoked},
	} {
		h := resolve(t, s, "StrictHostKeyChecking=yes")
		known(t, h, c.lines...)
		_, err := newPool(t, Options{Host: h}).Open(within(t))
		var hostKey *HostKeyError
		require.ErrorAs(t, err, &hostKey, c.name)
		require.Equal(t, c.kind, hostKey.Kind, c.name)
	}

	h = resolve(t, s, "StrictHostKeyChecking=yes", "HostKeyAlias=alias")
	known(t, h, line(bare, s.HostKey))
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.ErrorAs(t, err, new(*HostKeyError), "an alias is the only name")
}

// Of several host keys the server is asked for the one that is known, under the name alone too.
func TestKnownWithoutPortChoosesTheKey(t *testing.T) {
	h := resolve(t, sshdtest.Start(t))
	known(t, h, line(net.JoinHostPort(h.HostName, "22"), newPublic(t, "rsa")))
	k := newHostKeys(Options{Host: h, Log: testLog(t)})
	algorithms, err := k.algorithms()
	require.NoError(t, err)
	require.Contains(t, algorithms[0], "rsa")
}

func TestNoHostAuthenticationForLocalhost(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s, "NoHostAuthenticationForLocalhost=yes", "StrictHostKeyChecking=yes")
	known(t, h, line(s.Addr, newPublic(t, "ed25519")))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)

	h.HostKeyAlias = "alias"
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.ErrorAs(t, err, new(*HostKeyError), "an alias is checked")

	k := newHostKeys(Options{Host: resolve(t, s, "NoHostAuthenticationForLocalhost=yes"), Log: testLog(t)})
	require.False(t, k.unchecked(viaAddr("127.0.0.1:22")), "what a jump host reaches is not this machine")
	require.False(t, k.unchecked(&net.TCPAddr{IP: net.ParseIP("192.0.2.1")}))
	require.True(t, k.unchecked(&net.TCPAddr{IP: net.ParseIP("::1")}))
}
