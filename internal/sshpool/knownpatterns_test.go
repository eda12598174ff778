package sshpool

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/sshdtest"
)

// What ssh makes of the hosts of a line, for a host on another port than 22 and for one on 22.
func TestHostsOfKnownHosts(t *testing.T) {
	for hosts, want := range map[string]string{
		"a.example":                        "",
		"[a.example]:2222":                 "[a.example]:2222",
		"[A.Example]:2222":                 "[a.example]:2222",
		"[a.*]:2222":                       "[a.example]:2222",
		"[a.example]:*":                    "[a.example]:2222",
		"[*]:2222,b":                       "[a.example]:2222,b",
		"*":                                "[a.example]:2222,b",
		"*.example":                        "",
		"?":                                "b",
		"B":                                "b",
		"*,![a.example]:2222":              "b",
		"*,![a.example]:22":                "[a.example]:2222,b",
		"!*":                               "",
		"[a.example]":                      "",
		"[a.example]:?222,b,[a.example]":   "[a.example]:2222,b",
		"*[a.example]:2222":                "[a.example]:2222",
		"[a.example]:2222*,[a.example]:9*": "[a.example]:2222",
	} {
		got := plainLine([]byte("\t"+hosts+" ssh-ed25519 AAAA comment"), []string{"[a.example]:2222", "b"})
		if !isPattern(hosts) {
			require.Equal(t, "\t"+hosts+" ssh-ed25519 AAAA comment", string(got))
			continue
		}
		if want == "" {
			require.Empty(t, got, hosts)
			continue
		}
		require.Equal(t, want+" ssh-ed25519 AAAA comment", string(got), hosts)
	}
	for _, line := range []string{"", " ", "# *", "|1|a*|b ssh-rsa A", "@revoked B ssh-rsa A", "@what * ssh-rsa A", "*", "@cert-authority"} {
		require.Equal(t, line, string(plainLine([]byte(line), []string{"b"})))
	}
	require.Equal(t, "@cert-authority b k", string(plainLine([]byte("@cert-authority  B* k"), []string{"b"})))
}

// A pattern made of a name matches it, and one that asks for more bytes does not.
func TestMatchHost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ab]{0,12}`).Draw(t, "name")
		var pattern strings.Builder
		for _, c := range name {
			pattern.WriteString(rapid.SampledFrom([]string{string(c), "?", "*" + string(c), "*?", string(c) + "*"}).Draw(t, "part"))
		}
		require.True(t, matchHost(pattern.String(), name), pattern.String())
		require.False(t, matchHost(pattern.String()+"c", name))
		require.False(t, matchHost(strings.Repeat("?", len(name)+1)+"*", name))
	})
}

// ssh knows a host by a pattern with its port, whatever its case; a line that it cannot read costs that line alone.
func TestKnownByPattern(t *testing.T) {
	s := sshdtest.Start(t)
	_, port, err := net.SplitHostPort(s.Addr)
	require.NoError(t, err)
	key := strings.TrimPrefix(line(s.Addr, s.HostKey), strings.Fields(line(s.Addr, s.HostKey))[0])
	other := strings.TrimPrefix(line(s.Addr, newPublic(t, "ed25519")), strings.Fields(line(s.Addr, s.HostKey))[0])
	for _, c := range []struct {
		lines []string
		kind  HostKeyKind
		known bool
	}{
		{lines: []string{"[127.*]:*" + key}, known: true},
		{lines: []string{"127.*" + key}, known: true},
		{lines: []string{"[host" + key, "[127.0.0.1]" + key, "@what x" + key, "[127.0.0.?]:" + port + key}, known: true},
		{lines: []string{"*,![127.0.0.1]:" + port + ",!127.0.0.?" + key}, kind: Unknown},
		{lines: []string{"127.*" + other}, kind: Unknown},
		{lines: []string{"[127.*]:*" + other}, kind: Changed},
	} {
		h := resolve(t, s, "StrictHostKeyChecking=yes")
		known(t, h, c.lines...)
		_, err := newPool(t, Options{Host: h}).Open(within(t))
		if c.known {
			require.NoError(t, err, c.lines)
			continue
		}
		var hostKey *HostKeyError
		require.ErrorAs(t, err, &hostKey, c.lines)
		require.Equal(t, c.kind, hostKey.Kind, c.lines)
	}
}
