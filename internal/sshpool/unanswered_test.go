package sshpool

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// firewall lets some connections through; the others get no answer until it is opened.
type firewall struct {
	net.Dialer
	opened chan struct{}

	mu   sync.Mutex
	left int
}

func (f *firewall) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	f.mu.Lock()
	f.left--
	pass := f.left >= 0
	f.mu.Unlock()
	if !pass {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.opened:
		}
	}
	return f.Dialer.DialContext(ctx, network, address)
}

// limits keeps what a pool says of a site's limit.
type limits struct {
	notices chan string
	limited chan int
}

func watchedPool(t *testing.T, s *sshdtest.Server, through int) (*Pool, *firewall, limits) {
	l := limits{make(chan string, 10), make(chan int, 10)}
	f := &firewall{left: through, opened: make(chan struct{})}
	p := newPool(t, Options{Host: resolve(t, s), Connections: 4, Dialer: f, AnswerWithin: time.Hour,
		Notice: func(text string) { l.notices <- text }, Limited: func(n int) { l.limited <- n }})
	return p, f, l
}

const soon = 50 * time.Millisecond // for connections that will not be answered

// A further connection gets no answer, while others move data: the site limits them. Both the user and the caller hear of it, once. Where
// nothing moves the path may be dead, and nothing is remembered.
func TestSiteThatLimitsConnections(t *testing.T) {
	for _, moves := range []bool{true, false} {
		p, _, l := watchedPool(t, sshdtest.Start(t), 2)
		channels, errs := openAll(within(t), p, 2)
		require.Empty(t, errs)
		before := p.received()
		require.False(t, p.moves(map[*Conn]int64{}), "a connection that was not there before says nothing")
		_, _, err := channels[0].conn.ssh.SendRequest("keepalive@openssh.com", true, nil)
		require.NoError(t, err)
		require.True(t, p.moves(before))

		require.Eventually(t, func() bool { n, _ := p.unanswered.state(); return n == 2 }, time.Minute, time.Millisecond)
		p.unanswered.told = false
		for range 2 {
			require.False(t, p.tellUnanswered(moves))
		}
		require.Contains(t, <-l.notices, "it answered 2 in the last minute; use fewer (-n 2), or space them out (-I 5)")
		require.Empty(t, l.notices)
		if moves {
			require.Equal(t, 2, <-l.limited)
		}
		require.Empty(t, l.limited)
	}
}

// The first connection waits, and is answered in the end: earlier ones had used up what the site allows.
func TestSiteThatLetsTheFirstConnectionWait(t *testing.T) {
	p, f, l := watchedPool(t, sshdtest.Start(t), 0)
	p.o.AnswerWithin = soon
	opened := make(chan error, 1)
	ctx := within(t)
	go func() { _, err := p.Open(ctx); opened <- err }()
	require.Contains(t, <-l.notices, "wait a minute, and use fewer (-n)")
	require.Empty(t, l.limited)
	close(f.opened)
	require.NoError(t, <-opened)
	require.Equal(t, 0, <-l.limited)
}
