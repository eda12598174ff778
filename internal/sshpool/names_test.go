package sshpool

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// dialBook is a Dialer that knows some addresses, and counts what it was asked for.
type dialBook struct {
	answers map[string]error
	asked   []string
}

func (d *dialBook) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	d.asked = append(d.asked, network+" "+address)
	err, ok := d.answers[address]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
	}
	if err != nil {
		return nil, err
	}
	c, _ := net.Pipe()
	return c, nil
}

func TestNamesThatOnlyNSSKnows(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name, network string
		found         []string
		want          []string // after the first
		err           bool
	}{
		{"found", "tcp", []string{"fd00::1", "10.0.0.1"}, []string{"tcp [fd00::1]:22", "tcp 10.0.0.1:22"}, false},
		{"of the family", "tcp4", []string{"fd00::1", "10.0.0.1"}, []string{"tcp4 10.0.0.1:22"}, false},
		{"none of the family", "tcp6", []string{"10.0.0.1"}, nil, true},
		{"all refuse", "tcp", []string{"10.0.0.2"}, []string{"tcp 10.0.0.2:22"}, true},
		{"not found", "tcp", nil, nil, true},
	} {
		d := &dialBook{answers: map[string]error{"10.0.0.1:22": nil, "10.0.0.2:22": refused, "[fd00::1]:22": refused}}
		n := named{d, func(_ context.Context, name string) ([]string, error) {
			require.Equal(t, "node.ldap", name)
			return c.found, nil
		}}
		conn, err := n.DialContext(t.Context(), c.network, "node.ldap:22")
		require.Equal(t, c.err, err != nil, c.name)
		if err == nil {
			require.NoError(t, conn.Close())
		}
		require.Equal(t, c.want, append([]string(nil), d.asked[1:]...), c.name)
	}

	d := &dialBook{answers: map[string]error{"10.0.0.2:22": refused}}
	_, err := named{d, nil}.DialContext(t.Context(), "tcp", "10.0.0.2:22")
	require.ErrorIs(t, err, refused, "a name that resolves is nothing to ask about")
}

func TestGetent(t *testing.T) {
	dir := t.TempDir()
	program := "#!/bin/sh\n[ \"$*\" = 'ahosts node' ] && printf '10.0.0.1 STREAM node\\n10.0.0.1 DGRAM\\nfe80::1%%lo STREAM\\nodd STREAM\\n\\n'\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "getent"), []byte(program), 0o755))
	t.Setenv("PATH", dir)
	found, err := lookupNSS(t.Context(), "node")
	require.NoError(t, err)
	require.Equal(t, []string{"10.0.0.1", "fe80::1%lo"}, found)
	_, err = lookupNSS(t.Context(), "other")
	require.Error(t, err)
	_, err = lookupNSS(t.Context(), "--help")
	require.Error(t, err)
}
