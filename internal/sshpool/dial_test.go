package sshpool

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// dialFunc is a Dialer.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

// hurried makes pauses as short as they can be.
type hurried struct{}

func (hurried) Now() time.Time { return time.Now() }
func (hurried) Sleep(ctx context.Context, _ time.Duration) error {
	return ctx.Err()
}

func TestDialErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind DialKind
	}{
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, Refused},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, Unreachable},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, Unreachable},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ETIMEDOUT)}, Timeout},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, Timeout},
		{&net.DNSError{Name: "node", IsNotFound: true}, NoSuchHost},
		{errors.New("other"), Failed},
	} {
		p := newPool(t, Options{Host: &sshconf.Host{Alias: "node", HostName: "node", Port: 22}, Dialer: dialFunc(
			func(context.Context, string, string) (net.Conn, error) { return nil, c.err })})
		_, err := p.Open(within(t))
		var dial *DialError
		require.ErrorAs(t, err, &dial)
		require.Equal(t, c.kind, dial.Kind)
		require.ErrorIs(t, err, c.err)
		require.Equal(t, "node:22", dial.Addr)
		require.NotContains(t, err.Error(), "*")
	}
}

func TestWrongPort(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	s.Stop()
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Refused, dial.Kind)
}

// listen runs a server that does f with each connection.
func listen(t *testing.T, f func(net.Conn)) *sshconf.Host {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return &sshconf.Host{Alias: "node", HostName: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
}

func TestDroppedBeforeLoginIsTriedAgain(t *testing.T) {
	var connections atomic.Int32
	h := listen(t, func(c net.Conn) {
		connections.Add(1)
		_, _ = io.WriteString(c, "Exceeded MaxStartups\r\n")
	})
	_, err := newPool(t, Options{Host: h, Clock: hurried{}}).Open(within(t))
	require.ErrorIs(t, err, ErrDropped)
	require.EqualValues(t, 6, connections.Load())
}

func TestNotAnSSHServer(t *testing.T) {
	h := listen(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "SSH-2.0-x\r\nHTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Failed, dial.Kind)
}

// A port that accepts and says nothing is given up after ConnectTimeout.
func TestSilentServer(t *testing.T) {
	h := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	h.ConnectTimeout = 10 * time.Millisecond
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Timeout, dial.Kind)
}

func TestNoCommonCipher(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("Ciphers aes256-ctr"))
	h := resolve(t, s, "Ciphers=aes128-gcm@openssh.com")
	p := newPool(t, Options{Host: h, Connections: 2})
	_, err := p.Open(within(t))
	require.ErrorIs(t, err, ErrAlgorithms)
	var algorithm *AlgorithmError
	require.ErrorAs(t, err, &algorithm)
	require.Equal(t, []string{"aes256-ctr"}, algorithm.Theirs)
	require.Equal(t, h.Ciphers, algorithm.Ours)

	h = resolve(t, s, "MACs=hmac-sha2-512")
	ch, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)
	require.Equal(t, "aes256-ctr", ch.Conn().Cipher())
	require.Equal(t, "hmac-sha2-512", ch.Conn().Algorithms().Write.MAC)
}

func TestAddressFamily(t *testing.T) {
	s := sshdtest.Start(t)
	_, err := newPool(t, Options{Host: resolve(t, s, "AddressFamily=inet6")}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial, "127.0.0.1 is no IPv6 address")
}

// stalled is a connection on which, from a moment on, nothing comes in.
type stalled struct {
	net.Conn
	from chan struct{}
}

func (s stalled) Read(p []byte) (int, error) {
	for {
		n, err := s.Conn.Read(p)
		select {
		case <-s.from:
			if err == nil {
				continue
			}
		default:
		}
		return n, err
	}
}

func TestKeepalive(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.ServerAliveInterval, h.ServerAliveCountMax = 20*time.Millisecond, 2
	from := make(chan struct{})
	p := newPool(t, Options{Host: h, Dialer: dialFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		return stalled{c, from}, err
	})})
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	received := ch.conn.net.received.Load()
	require.Eventually(t, func() bool { return ch.conn.net.received.Load() > received }, time.Minute, time.Millisecond,
		"an idle server is asked, and answers")
	require.NoError(t, ch.Conn().Err())

	close(from)
	_, err = ch.Read(make([]byte, 1))
	require.Error(t, err)
	require.ErrorIs(t, ch.Conn().Wait(), ErrDead)
}
