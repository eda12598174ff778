package sshpool

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// logins counts those that a server has accepted.
func logins(s *sshdtest.Server) int { return strings.Count(s.Log(), "Accepted publickey") }

// through makes hosts a chain, the first of which is dialled directly, and returns the last.
func through(hosts ...*sshconf.Host) *sshconf.Host {
	for i, h := range hosts[1:] {
		h.Jump = hosts[i]
	}
	return hosts[len(hosts)-1]
}

// One connection to each jump host carries all connections; sshd's MaxSessions does not count channels of this kind.
func TestTwoJumpHosts(t *testing.T) {
	outer := sshdtest.Start(t, sshdtest.WithConfig("MaxSessions 1"))
	inner, target := sshdtest.Start(t), sshdtest.Start(t)
	p := newPool(t, Options{Host: through(resolve(t, outer), resolve(t, inner), resolve(t, target)), Connections: 4})
	channels, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
	for _, ch := range channels {
		exercise(t, ch)
	}
	require.Equal(t, []int{1, 1, 4}, []int{logins(outer), logins(inner), logins(target)})

	_, err := p.Open(within(t)) // the connections have ended with their channels, those to the jump hosts have not
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 5}, []int{logins(outer), logins(inner), logins(target)})
}

func TestJumpHostLost(t *testing.T) {
	gate, target := sshdtest.Start(t), sshdtest.Start(t)
	p := newPool(t, Options{Host: through(resolve(t, gate), resolve(t, target)), Connections: 2})
	channels, errs := openAll(within(t), p, 2)
	require.Empty(t, errs)
	gate.DropConnections()
	for _, ch := range channels {
		_, err := ch.Read(make([]byte, 1))
		require.Error(t, err)
		require.NoError(t, ch.Close())
	}
	channels, errs = openAll(within(t), p, 2)
	require.Empty(t, errs)
	exercise(t, channels[0])
	require.Equal(t, 2, logins(gate))
}

// jumpServer forwards, but no more than most channels on a connection.
type jumpServer struct {
	addr        *net.TCPAddr
	key         ssh.PublicKey
	connections atomic.Int64
}

func newJumpServer(t *testing.T, most int64, refusal ssh.RejectionReason) *jumpServer {
	signer, err := ssh.NewSignerFromKey(sshdtest.Generate(t, "ed25519"))
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s := &jumpServer{addr: l.Addr().(*net.TCPAddr), key: signer.PublicKey()}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(nc, config, most, refusal)
		}
	}()
	return s
}

func (s *jumpServer) serve(nc net.Conn, config *ssh.ServerConfig, most int64, refusal ssh.RejectionReason) {
	_, chans, reqs, err := ssh.NewServerConn(nc, config)
	if err != nil {
		return
	}
	s.connections.Add(1)
	go ssh.DiscardRequests(reqs)
	for open := int64(0); ; open++ {
		n, ok := <-chans
		if !ok {
			return
		}
		if open >= most {
			_ = n.Reject(refusal, "enough")
			continue
		}
		var to struct {
			Host       string
			Port       uint32
			Origin     string
			OriginPort uint32
		}
		_ = ssh.Unmarshal(n.ExtraData(), &to)
		far, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(to.Host), Port: int(to.Port)})
		if err != nil {
			_ = n.Reject(ssh.ConnectionFailed, err.Error())
			continue
		}
		ch, reqs, err := n.Accept()
		if err != nil {
			return
		}
		go ssh.DiscardRequests(reqs)
		go func() { _, _ = io.Copy(ch, far); _ = ch.Close() }()
		go func() { _, _ = io.Copy(far, ch); _ = far.Close() }()
	}
}

func (s *jumpServer) host(t *testing.T) *sshconf.Host {
	known := filepath.Join(t.TempDir(), "known_hosts")
	line := "[127.0.0.1]:" + portOf(s.addr) + " " + string(ssh.MarshalAuthorizedKey(s.key))
	require.NoError(t, os.WriteFile(known, []byte(line), 0o600))
	return &sshconf.Host{Alias: "gate", HostName: "127.0.0.1", Port: s.addr.Port, User: "u", UserKnownHostsFiles: []string{known},
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519}}
}

func portOf(a *net.TCPAddr) string { _, port, _ := net.SplitHostPort(a.String()); return port }

// Where a jump host has had enough channels, a further connection to it carries the rest.
func TestJumpHostWithFewChannels(t *testing.T) {
	for _, refusal := range []ssh.RejectionReason{ssh.ResourceShortage, ssh.Prohibited} {
		target := sshdtest.Start(t)
		gate := newJumpServer(t, 2, refusal)
		p := newPool(t, Options{Host: through(gate.host(t), resolve(t, target)), Connections: 5})
		channels, errs := openAll(within(t), p, 5)
		require.Empty(t, errs)
		require.Len(t, channels, 5)
		require.EqualValues(t, 3, gate.connections.Load())
	}
}

func TestJumpErrors(t *testing.T) {
	gate, target := sshdtest.Start(t), sshdtest.Start(t)
	refusing := sshdtest.Start(t, sshdtest.WithConfig("AllowTcpForwarding no"))
	open := func(hosts ...*sshconf.Host) error {
		p := newPool(t, Options{Host: through(hosts...), Connections: 2})
		_, err := p.Open(within(t))
		require.Error(t, err)
		return err
	}
	closed := resolve(t, gate)
	closed.Alias, closed.Port = "gate", 1
	var jump *JumpError
	var dial *DialError
	err := open(closed, resolve(t, target))
	require.ErrorAs(t, err, &jump)
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Refused, dial.Kind)
	require.Equal(t, "jump host gate: connect to 127.0.0.1:1: connection refused", err.Error())

	stranger := resolve(t, gate)
	stranger.Alias, stranger.IdentityFiles = "gate", nil
	err = open(resolve(t, gate), stranger, resolve(t, target))
	require.ErrorAs(t, err, new(*AuthError))
	require.ErrorContains(t, err, "jump host gate: permission denied for user ")
	require.NotContains(t, err.Error(), "jump host jump host")

	unreachable := resolve(t, target)
	unreachable.Alias, unreachable.Port = "target", 1
	err = open(resolve(t, gate), unreachable)
	require.ErrorAs(t, err, &dial)
	require.False(t, errors.As(err, &jump))
	require.ErrorContains(t, err, "target: connect to 127.0.0.1:1 through 127.0.0.1: connection failed: ")

	require.ErrorIs(t, open(resolve(t, refusing), resolve(t, target)), ErrForwarding)
}

// A first failure at a jump host is the last login that it sees.
func TestJumpAuthenticationFailureIsFinal(t *testing.T) {
	gate, target := sshdtest.Start(t), sshdtest.Start(t)
	stranger := resolve(t, gate)
	file := filepath.Join(t.TempDir(), "key")
	sshdtest.NewKey(t, file, "ed25519")
	stranger.IdentityFiles = []string{file}
	p := newPool(t, Options{Host: through(stranger, resolve(t, target)), Connections: 6, Password: "of the target"})
	_, errs := openAll(within(t), p, 6)
	require.Len(t, errs, 6)
	for _, err := range errs {
		require.ErrorAs(t, err, new(*AuthError))
	}
	require.Equal(t, 1, strings.Count(gate.Log(), "Failed publickey"), gate.Log())
	require.NotContains(t, gate.Log(), "password")
	require.NotContains(t, target.Log(), "Connection from")
}

// The password given beforehand is the target's: a jump host that takes passwords is not told.
func TestJumpHostDoesNotGetThePassword(t *testing.T) {
	gate, target := sshdtest.Start(t, sshdtest.WithTempUser()), sshdtest.Start(t)
	h := resolve(t, gate)
	h.IdentityFiles = nil
	p := newPool(t, Options{Host: through(h, resolve(t, target)), Password: gate.Password})
	_, err := p.Open(within(t))
	require.ErrorAs(t, err, new(*AuthError))
	require.NotContains(t, gate.Log(), "Failed password")
	require.Equal(t, 0, logins(gate))
}

// A server whose key has changed receives no credential: neither its user's name nor a key, at any hop.
func TestHostKeyBeforeCredentialsAtEveryHop(t *testing.T) {
	for wrong := range 3 {
		var servers []*sshdtest.Server
		var hosts []*sshconf.Host
		for i := range 3 {
			s := sshdtest.Start(t, sshdtest.WithConfig("LogLevel DEBUG3"))
			h := resolve(t, s)
			if i == wrong {
				s2 := sshdtest.NewKey(t, filepath.Join(t.TempDir(), "other"), "ed25519")
				line := "[127.0.0.1]:" + portOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.Port}) + " " + string(ssh.MarshalAuthorizedKey(s2))
				require.NoError(t, os.WriteFile(s.KnownHosts, []byte(line), 0o600))
			}
			servers, hosts = append(servers, s), append(hosts, h)
		}
		p := newPool(t, Options{Host: through(hosts...), Password: "secret", Connections: 2})
		_, errs := openAll(within(t), p, 2)
		require.Len(t, errs, 2)
		var key *HostKeyError
		require.ErrorAs(t, errs[0], &key)
		require.Equal(t, Changed, key.Kind)
		log := servers[wrong].Log()
		require.Contains(t, log, "SSH2_MSG_KEXINIT", "it was reached")
		require.NotContains(t, log, "userauth-request")
		require.NotContains(t, log, "service-request")
		for _, beyond := range servers[wrong+1:] {
			require.NotContains(t, beyond.Log(), "Connection from")
		}
	}
}

// A server behind a jump host that takes the connection and says nothing is given up.
func TestSilentServerBehindJumpHost(t *testing.T) {
	gate := sshdtest.Start(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	h := resolve(t, gate, "ConnectTimeout=1")
	h.Port, h.Jump = silent.Addr().(*net.TCPAddr).Port, resolve(t, gate)
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Timeout, dial.Kind)
}

func TestJumpCancelled(t *testing.T) {
	gate, target := sshdtest.Start(t), sshdtest.Start(t)
	p := New(Options{Host: through(resolve(t, gate), resolve(t, target)), Connections: 4, Log: testLog(t)})
	done := make(chan []error)
	go func() {
		_, errs := openAll(within(t), p, 4)
		done <- errs
	}()
	for logins(gate) == 0 {
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, p.Close())
	for _, err := range <-done {
		require.ErrorIs(t, err, ErrClosed)
	}
}
