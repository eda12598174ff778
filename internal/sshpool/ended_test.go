package sshpool

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// A server that ends the connection after the login is named so, whether before the session is open or while the subsystem starts.
func TestServerEndsAfterLogin(t *testing.T) {
	for name, first := range map[string]bool{"before the session": true, "before the subsystem": false} {
		t.Run(name, func(t *testing.T) {
			s := &sshdtest.Server{Host: "127.0.0.1", User: "any", KnownHosts: filepath.Join(t.TempDir(), "known")}
			s.ClientKey = filepath.Join(t.TempDir(), "key")
			sshdtest.NewKey(t, s.ClientKey, "ed25519")
			s.Port = endsAfterLogin(t, first)
			p := newPool(t, Options{Host: resolve(t, s, "StrictHostKeyChecking=no"), Clock: hurried{}})
			_, err := p.Open(within(t))
			require.ErrorIs(t, err, ErrEnded)
			require.NotContains(t, err.Error(), "unexpected packet")
			require.ErrorAs(t, err, new(*DialError), "it is worth trying again")
		})
	}
}

// endsAfterLogin is a server that lets everybody in, and returns its port.
func endsAfterLogin(t *testing.T, first bool) int {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromSigner(private)
	require.NoError(t, err)
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { endOne(c, config, first) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

func endOne(c net.Conn, config *ssh.ServerConfig, first bool) {
	defer c.Close()
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	open := <-channels
	if first || open == nil {
		conn.Close()
		return
	}
	_, asked, err := open.Accept()
	if err == nil {
		<-asked
	}
	conn.Close()
}
