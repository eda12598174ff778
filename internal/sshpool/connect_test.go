package sshpool

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// reluctant refuses the first connections.
type reluctant struct {
	net.Dialer
	mu    sync.Mutex
	times int
	tried int
}

func (r *reluctant) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	r.mu.Lock()
	r.tried++
	refuse := r.tried <= r.times
	r.mu.Unlock()
	if refuse {
		return nil, syscall.ECONNREFUSED
	}
	return r.Dialer.DialContext(ctx, network, addr)
}

// hasty is a clock on which no pause takes time.
type hasty struct {
	systemClock
	mu    sync.Mutex
	slept []time.Duration
}

func (h *hasty) Sleep(ctx context.Context, d time.Duration) error {
	if d > time.Second { // keepalive
		return h.systemClock.Sleep(ctx, d)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slept = append(h.slept, d)
	return ctx.Err()
}

func TestConnectionAttempts(t *testing.T) {
	s := sshdtest.Start(t)
	for _, times := range []int{0, 2, 3} {
		clock, dialer := &hasty{}, &reluctant{times: times}
		_, err := newPool(t, Options{Host: resolve(t, s, "ConnectionAttempts=3"), Dialer: dialer, Clock: clock}).Open(within(t))
		if times == 3 {
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			require.Equal(t, 3, dialer.tried)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, times+1, dialer.tried)
		require.Len(t, clock.slept, times)
		for _, d := range clock.slept {
			require.Equal(t, time.Second, d)
		}
	}
}

// One login at a time is all that the server takes: eight find their turns.
func TestMaxStartupsOne(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxStartups 1:100:1"))
	p := newPool(t, Options{Host: resolve(t, s), Connections: 8})
	channels, errs := openAll(within(t), p, 8)
	require.Empty(t, errs, s.Log())
	require.Len(t, channels, 8)
}

func TestGateNarrows(t *testing.T) {
	g := newGate(Options{MaxStartups: 8}.withGateDefaults())
	g.narrow()
	require.Len(t, g.tokens, 1, "not before the first success")
	require.NoError(t, g.enter(t.Context()))
	g.open()
	g.leave()
	require.Len(t, g.tokens, 8)
	for _, want := range []int{4, 2, 1, 1} {
		require.NoError(t, g.enter(t.Context()))
		g.narrow()
		g.leave()
		for len(g.tokens) > want { // those that leave afterwards
			require.NoError(t, g.enter(t.Context()))
			g.leave()
		}
		require.Len(t, g.tokens, want)
	}
}
