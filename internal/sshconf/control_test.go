package sshconf

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestControlPath(t *testing.T) {
	f := Flags{Port: 2222, Login: "me"}
	for config, want := range map[string]string{
		"":                                   "",
		"ControlPath none":                   "",
		"ControlPath ~/.ssh/cm-%r@%h:%p":     "/home/u/.ssh/cm-me@node:2222",
		"ControlPath ${DIR}/%n%%":            "/dir/node%",
		"HostName x\nControlPath /run/%C":    "/run/" + connectionHash(map[byte]string{'l': "here.example.org", 'h': "x", 'p': "2222", 'r': "me"}),
		`ControlPath "/a b/%k"`:              "/a b/node",
		"HostName x\nControlPath /run/%h/%L": "/run/x/here",
	} {
		require.Equal(t, want, mustResolve(t, config, node(""), f).ControlPath, config)
	}
}

// The digest that OpenSSH 9.2 prints for: ssh -G -F none -o ControlPath=%C -p 2222 -l me node, on a machine called "here".
func TestConnectionHash(t *testing.T) {
	require.Equal(t, "694e0e21cd78027d961d8a3a64dc6fa1d5eb46cd", connectionHash(map[byte]string{'l': "here", 'h': "node", 'p': "2222", 'r': "me"}))
}
