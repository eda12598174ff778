package sshpool

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// Three connections wait, ready to log in, for the success of the first; then Opens find them.
func TestAhead(t *testing.T) {
	s := newAheadServer(t)
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	first := begin(within(t), p)
	s.await(4)
	require.Equal(t, []string{s.dialled(0).LocalAddr().String()}, s.from("key"), "nobody else has tried to log in")
	s.release()
	require.NoError(t, <-first)
	channels, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	var ids []int
	for _, ch := range channels {
		ids = append(ids, ch.Conn().ID())
		exercise(t, ch)
	}
	slices.Sort(ids)
	require.Equal(t, []int{2, 3, 4}, ids)
	dialled, _ := s.count()
	require.Equal(t, 4, dialled, "they are those that were made ahead")
}

func TestAheadIsForTheOpensToCome(t *testing.T) {
	s := newAheadServer(t)
	s.release()
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	_, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
	dialled, _ := s.count()
	require.Equal(t, 4, dialled)
}

func TestAheadWithoutAuthentication(t *testing.T) {
	s := newAheadServer(t)
	s.config.NoClientAuth = true
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
}

// Where the user has asked for one login at a time, or the path is not ours, nothing is made ahead.
func TestNothingAhead(t *testing.T) {
	for _, o := range []Options{{MaxStartups: 1}, {Interval: time.Nanosecond}, {Ahead: -3}} {
		s := newAheadServer(t)
		s.release()
		o.Connections, o.Ahead = 4, o.Ahead+3
		_, err := s.pool(t, o).Open(within(t))
		require.NoError(t, err)
		dialled, _ := s.count()
		require.Equal(t, 1, dialled)
	}
	gate, target := sshdtest.Start(t), sshdtest.Start(t)
	p := newPool(t, Options{Host: through(resolve(t, gate), resolve(t, target)), Connections: 4, Ahead: 3})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	for _, s := range []*sshdtest.Server{gate, target} {
		require.Equal(t, 1, strings.Count(s.Log(), "Connection from"))
	}
}

// As many as MaxStartups are unauthenticated at once, the first among them.
func TestAheadKeepsMaxStartups(t *testing.T) {
	s := newAheadServer(t)
	p := s.pool(t, Options{Connections: 8, Ahead: 7, MaxStartups: 3})
	first := begin(within(t), p)
	s.await(3)
	dialled, _ := s.count()
	require.Equal(t, 3, dialled)
	s.release()
	require.NoError(t, <-first)
	_, errs := openAll(within(t), p, 7)
	require.Empty(t, errs)
}

func TestGateCountsAhead(t *testing.T) {
	g := newGate(Options{MaxStartups: 4}.withGateDefaults())
	require.NoError(t, g.enter(t.Context()))
	for _, want := range []bool{true, true, true, false} {
		require.Equal(t, want, g.enterAhead())
	}
	g.leaveAhead() // it has failed
	g.open()
	require.False(t, g.enterAhead())
	require.Len(t, g.tokens, 1)
	g.leave()
	leave, err := g.turn(t.Context())
	require.NoError(t, err)
	leave()
	g.leaveAhead()
	g.leaveAhead()
	require.Len(t, g.tokens, 4)
}

// The first connection is dropped before its login: it comes again alone, and those that waited have not tried to log in.
func TestAheadWhenTheFirstIsDropped(t *testing.T) {
	s := newAheadServer(t)
	p := s.pool(t, Options{Connections: 4, Ahead: 3, Clock: &hasty{}})
	first := begin(within(t), p)
	s.await(4)
	require.NoError(t, s.dialled(0).Close())
	require.NoError(t, <-first)
	s.release()
	s.eventuallyOpen(t, 1)
	require.Contains(t, s.from("in"), s.dialled(4).LocalAddr().String())
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	for i := 1; i < 4; i++ {
		require.NotContains(t, s.from("key"), s.dialled(i).LocalAddr().String())
	}
}

func TestAheadCancelled(t *testing.T) {
	s := newAheadServer(t)
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	ctx, cancel := context.WithCancel(within(t))
	first := begin(ctx, p)
	s.await(4)
	cancel()
	require.ErrorIs(t, <-first, context.Canceled)
	s.eventuallyOpen(t, 0)
	s.release()
	_, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
}

// An Open that waits for a connection made ahead gives it up with its context.
func TestAheadOpenCancelled(t *testing.T) {
	s := newAheadServer(t)
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	first := begin(within(t), p)
	s.await(4)
	ctx, cancel := context.WithCancel(within(t))
	second := begin(ctx, p)
	require.Eventually(t, func() bool { p.mu.Lock(); defer p.mu.Unlock(); return len(p.ahead.conns) == 2 }, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-second, context.Canceled)
	s.eventuallyOpen(t, 3)
	s.release()
	require.NoError(t, <-first)
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
}

func TestAheadClosed(t *testing.T) {
	for _, during := range []bool{true, false} {
		s := newAheadServer(t)
		p := s.pool(t, Options{Connections: 4, Ahead: 3})
		first := begin(within(t), p)
		s.await(4)
		if during {
			require.NoError(t, p.Close())
			require.ErrorIs(t, <-first, ErrClosed)
			s.release()
		} else {
			s.release()
			require.NoError(t, <-first)
			require.NoError(t, p.Close())
		}
		_, open := s.count()
		require.Zero(t, open, "nobody has taken them")
	}
}

// The user takes long to log in, or nobody takes what is ready: the server need not keep it. Who wants it later dials.
func TestAheadPatience(t *testing.T) {
	for _, slow := range []bool{true, false} {
		s := newAheadServer(t)
		p := s.pool(t, Options{Connections: 4, Ahead: 3})
		p.ahead.patience = 50 * time.Millisecond
		if !slow {
			s.release()
		}
		first := begin(within(t), p)
		if slow {
			s.eventuallyAlone(t, p)
			s.release()
		}
		require.NoError(t, <-first)
		if slow {
			require.Len(t, slices.Compact(s.from("key")), 1)
		}
		s.eventuallyAlone(t, p)
		_, errs := openAll(within(t), p, 3)
		require.Empty(t, errs)
		require.Equal(t, 4, p.Conns())
	}
}

// Connections that are lost while nobody has taken them cost nothing but a dial.
func TestAheadLost(t *testing.T) {
	s := newAheadServer(t)
	s.release()
	p := s.pool(t, Options{Connections: 4, Ahead: 3})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(s.from("in")) == 4 }, time.Minute, time.Millisecond)
	for i := 1; i < 4; i++ {
		require.NoError(t, s.dialled(i).Close())
	}
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	require.Equal(t, 4, p.Conns())
}

func TestAheadWrongKey(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.IdentityFiles = []string{filepath.Join(t.TempDir(), "wrong")}
	sshdtest.NewKey(t, h.IdentityFiles[0], "ed25519")
	p := newPool(t, Options{Host: h, Connections: 8, Ahead: 7})
	_, err := p.Open(within(t))
	require.ErrorAs(t, err, new(*AuthError))
	_, errs := openAll(within(t), p, 8)
	require.Len(t, errs, 8)
	require.NoError(t, p.Close())
	require.Equal(t, 1, strings.Count(s.Log(), "Failed publickey"), s.Log())
	require.Equal(t, 1, strings.Count(s.Log(), "Connection from"), s.Log())
}

func TestAheadWrongPassword(t *testing.T) {
	s := newAheadServer(t)
	s.config.PublicKeyCallback, s.config.VerifiedPublicKeyCallback = nil, nil
	s.takePassword("right")
	p := s.pool(t, Options{Connections: 8, Ahead: 7, Password: "wrong"})
	_, err := p.Open(within(t))
	require.ErrorAs(t, err, new(*AuthError))
	require.NoError(t, p.Close())
	require.Equal(t, []string{"wrong"}, s.secrets())
	dialled, _ := s.count()
	require.Equal(t, 1, dialled)
}

// A password that the user types is asked for once; the second login with it goes alone.
func TestAheadPassword(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	ask := &script{t: t, answers: []string{"right"}}
	p := newPool(t, Options{Host: f.host(), Connections: 4, Ahead: 3, Prompter: ask})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	require.Len(t, ask.questions(), 1)
	require.Len(t, f.secrets(), 4)
}

// A key and a code that is good for once: one question, one login, and the others are gone.
func TestAheadOneTimePassword(t *testing.T) {
	s := newAheadServer(t)
	takeCode(s.fakeServer)
	code := ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: s.config.KeyboardInteractiveCallback}
	s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		return nil, &ssh.PartialSuccessError{Next: code}
	}
	s.config.KeyboardInteractiveCallback, s.config.VerifiedPublicKeyCallback = nil, nil
	var notices atomic.Int32
	ask := &script{t: t, answers: []string{"123456"}}
	p := s.pool(t, Options{Connections: 4, Sessions: 2, Ahead: 3, Prompter: ask, Notice: func(string) { notices.Add(1) }})
	first, err := p.Open(within(t))
	require.NoError(t, err)
	s.eventuallyAlone(t, p)
	channels, errs := openAll(within(t), p, 7)
	require.Empty(t, errs)
	for _, ch := range append(channels, first) {
		require.Equal(t, 1, ch.Conn().ID())
	}
	require.Equal(t, []string{"123456"}, s.secrets())
	require.Len(t, ask.questions(), 1)
	require.EqualValues(t, 1, notices.Load())
}

// An unknown host key is a question of the first connection. The others do not wait for the answer; they come after it.
func TestAheadUnknownHost(t *testing.T) {
	s := sshdtest.Start(t)
	for _, answer := range []string{"yes", "no"} {
		h := resolve(t, s)
		known(t, h)
		ask := &script{t: t, answers: []string{answer}}
		p := newPool(t, Options{Host: h, Connections: 4, Ahead: 3, Prompter: ask})
		_, err := p.Open(within(t))
		if answer == "no" {
			var hostKey *HostKeyError
			require.ErrorAs(t, err, &hostKey)
			require.True(t, hostKey.Refused)
		} else {
			require.NoError(t, err)
			_, errs := openAll(within(t), p, 3)
			require.Empty(t, errs)
		}
		require.Len(t, ask.questions(), 1)
		require.NoError(t, p.Close())
	}
	require.Equal(t, 4, logins(s))
}

// The server has room for one login at a time: what was made ahead is dropped, and all get in all the same.
func TestAheadMaxStartupsOne(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxStartups 1:100:1"))
	p := newPool(t, Options{Host: resolve(t, s), Connections: 8, Ahead: 7})
	_, err := p.Open(within(t))
	require.NoError(t, err, s.Log())
	channels, errs := openAll(within(t), p, 7)
	require.Empty(t, errs, s.Log())
	require.Len(t, channels, 7)
}

// A host that cannot be reached is tried once.
func TestAheadUnreachable(t *testing.T) {
	var dials atomic.Int32
	h := &sshconf.Host{Alias: "node", HostName: "node", Port: 22}
	p := newPool(t, Options{Host: h, Connections: 8, Ahead: 7, Dialer: dialFunc(func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, net.ErrClosed
	})})
	_, err := p.Open(within(t))
	require.ErrorIs(t, err, net.ErrClosed)
	require.EqualValues(t, 1, dials.Load())
}

// Behind one name stand machines with different keys: those that are not the known one are sent nothing, not even a name, and quietly left.
func TestAheadOtherHostKey(t *testing.T) {
	s, other := sshdtest.Start(t), newAheadServer(t)
	other.host() // starts it
	var dials atomic.Int32
	p := newPool(t, Options{Host: resolve(t, s), Connections: 4, Ahead: 3, Dialer: dialFunc(
		func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) > 1 {
				address = other.l.Addr().String()
			}
			return other.DialContext(ctx, network, address)
		})})
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	other.eventuallyOpen(t, 1)
	exercise(t, ch)
	require.NoError(t, p.ended())
	require.Empty(t, other.waiting)
	require.Empty(t, other.from("key"))
}
