package sshpool

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// aheadServer takes one key, and keeps the first connection in its login until it is told to go on.
type aheadServer struct {
	*fakeServer
	dials   sync.Mutex    // one at a time: conns has their order
	goOn    chan struct{} // closed: the first login goes on
	release func()        // closes goOn
	waiting chan struct{} // a connection has sent its "none", as all do before they wait
	key     string

	mu     sync.Mutex
	conns  []net.Conn // ours, in the order of their dials
	open   int        // of conns
	events []loginEvent
}

// loginEvent is an event of an authentication.
type loginEvent struct {
	from string // the client's address
	what string // "key": one was offered; "in": logged in
}

func newAheadServer(t *testing.T) *aheadServer {
	s := &aheadServer{fakeServer: newFakeServer(t), goOn: make(chan struct{}), waiting: make(chan struct{}, 99)}
	s.release = sync.OnceFunc(func() { close(s.goOn) })
	t.Cleanup(s.release) // also after a failure
	s.key = filepath.Join(t.TempDir(), "key")
	sshdtest.NewKey(t, s.key, "ed25519")
	s.config.PublicKeyCallback = func(m ssh.ConnMetadata, _ ssh.PublicKey) (*ssh.Permissions, error) {
		s.note(m, "key")
		return nil, nil
	}
	s.config.VerifiedPublicKeyCallback = func(m ssh.ConnMetadata, _ ssh.PublicKey, p *ssh.Permissions, _ string) (*ssh.Permissions, error) {
		if m.RemoteAddr().String() == s.dialled(0).LocalAddr().String() {
			<-s.goOn
		}
		return p, nil
	}
	s.config.AuthLogCallback = func(m ssh.ConnMetadata, method string, err error) {
		switch {
		case err == nil:
			s.note(m, "in")
		case method == "none":
			s.waiting <- struct{}{}
		}
	}
	return s
}

func (s *aheadServer) note(m ssh.ConnMetadata, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, loginEvent{m.RemoteAddr().String(), what})
}

func (s *aheadServer) from(what string) (addresses []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.what == what {
			addresses = append(addresses, e.from)
		}
	}
	return addresses
}

func (s *aheadServer) dialled(i int) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[i]
}

// count is how many connections have been dialled, and how many of them are open.
func (s *aheadServer) count() (dialled, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns), s.open
}

// await waits until the first connection is in its login, and n-1 others wait for it.
func (s *aheadServer) await(n int) {
	for range n {
		<-s.waiting
	}
}

type countedConn struct {
	net.Conn
	once sync.Once
	s    *aheadServer
}

func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.open--
	})
	return c.Conn.Close()
}

// DialContext implements Dialer.
func (s *aheadServer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	s.dials.Lock()
	defer s.dials.Unlock()
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, c)
	s.open++
	return &countedConn{Conn: c, s: s}, nil
}

func (s *aheadServer) pool(t *testing.T, o Options) *Pool {
	o.Host = s.host()
	o.Host.IdentityFiles, o.Dialer = []string{s.key}, s
	return newPool(t, o)
}

// begin opens the first channel in the background.
func begin(ctx context.Context, p *Pool) (result chan error) {
	result = make(chan error, 1)
	go func() {
		_, err := p.Open(ctx)
		result <- err
	}()
	return result
}

// eventuallyOpen waits until of all four connections, or more, n are left.
func (s *aheadServer) eventuallyOpen(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { dialled, open := s.count(); return dialled >= 4 && open == n }, time.Minute, time.Millisecond)
}

// eventuallyAlone waits until of those made ahead, some of which may not have been dialled yet, none is left.
func (s *aheadServer) eventuallyAlone(t *testing.T, p *Pool) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		_, open := s.count()
		return p.ahead.begun && len(p.ahead.conns) == 0 && open == 1
	}, time.Minute, time.Millisecond)
}
