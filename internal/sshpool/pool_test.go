package sshpool

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// openAll opens n channels at once.
func openAll(ctx context.Context, p *Pool, n int) (channels []*Channel, errs []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			ch, err := p.Open(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			channels = append(channels, ch)
		})
	}
	wg.Wait()
	return channels, errs
}

func TestOpenSpreadsOverConnections(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s), Connections: 3, Sessions: 2})
	channels, errs := openAll(within(t), p, 6)
	require.Empty(t, errs)
	perConn := map[int]int{}
	for _, ch := range channels {
		exercise(t, ch)
		perConn[ch.Conn().ID()]++
	}
	require.Equal(t, map[int]int{1: 2, 2: 2, 3: 2}, perConn)
	require.Equal(t, 3, strings.Count(s.Log(), "Accepted publickey"))
}

func TestOpenBeyondAllChannels(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s)})
	_, err := p.Open(within(t))
	require.NoError(t, err)
	_, err = p.Open(within(t))
	require.ErrorIs(t, err, ErrFull)
}

func TestConnEndsWithItsLastChannel(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s), Sessions: 2})
	channels, errs := openAll(within(t), p, 2)
	require.Empty(t, errs)
	first, second := channels[0], channels[1]

	require.NoError(t, first.Close())
	<-first.Done() // the server has confirmed it
	exercise(t, second)
	require.NoError(t, second.Close())
	require.ErrorIs(t, second.Conn().Wait(), ErrClosed)
	require.Equal(t, 0, p.Conns())

	again, err := p.Open(within(t))
	require.NoError(t, err)
	require.Equal(t, 2, again.Conn().ID())
}

func TestCloseUnblocksReaders(t *testing.T) {
	s := sshdtest.Start(t)
	for _, sessions := range []int{1, 2} { // alone on the connection, and with a neighbour
		p := newPool(t, Options{Host: resolve(t, s), Sessions: sessions})
		channels, errs := openAll(within(t), p, sessions)
		require.Empty(t, errs)
		read := make(chan error)
		go func() {
			_, err := channels[0].Read(make([]byte, 1)) // the SFTP server speaks only when spoken to
			read <- err
		}()
		require.NoError(t, channels[0].Close())
		require.NoError(t, channels[0].Close(), "Close may be repeated")
		require.Error(t, <-read)
	}
}

func TestLostConnectionIsReplaced(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s), Connections: 2})
	channels, errs := openAll(within(t), p, 2)
	require.Empty(t, errs)
	s.DropConnections()
	for _, ch := range channels {
		_, err := ch.Read(make([]byte, 1))
		require.Error(t, err)
		require.Error(t, ch.Conn().Wait())
		require.NotErrorIs(t, ch.Conn().Err(), ErrClosed)
	}
	require.Equal(t, 0, p.Conns())
	channels, errs = openAll(within(t), p, 2)
	require.Empty(t, errs)
	exercise(t, channels[0])
}

func TestCloseEndsOpens(t *testing.T) {
	s := sshdtest.Start(t)
	p := New(Options{Host: resolve(t, s), Connections: 4, Log: testLog(t)})
	result := make(chan []error)
	go func() {
		_, errs := openAll(within(t), p, 8)
		result <- errs
	}()
	require.NoError(t, p.Close())
	for _, err := range <-result {
		if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrFull) {
			t.Errorf("unexpected %v", err)
		}
	}
	_, err := p.Open(within(t))
	require.ErrorIs(t, err, ErrClosed)
	require.Equal(t, 0, p.Conns())
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s), Connections: 2})
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	_, err := p.Open(ctx)
	require.ErrorIs(t, err, context.Canceled)
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	exercise(t, ch)
}

// A server that keeps 3 unauthenticated connections at most, and drops nearly every second one before that, still serves 8.
func TestMaxStartups(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxStartups 2:100:3"))
	p := newPool(t, Options{Host: resolve(t, s), Connections: 8, MaxStartups: 8})
	channels, errs := openAll(within(t), p, 8)
	require.Empty(t, errs)
	require.Len(t, channels, 8)
	require.Equal(t, 8, p.Conns())
}

func TestMaxSessions(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxSessions 1"))
	p := newPool(t, Options{Host: resolve(t, s), Connections: 1, Sessions: 4})
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	_, err = p.Open(within(t))
	require.ErrorIs(t, err, ErrSessionRefused)
	exercise(t, ch)

	_, err = p.Open(within(t))
	require.NoError(t, err, "exercise has closed the channel and with it the connection")
	_, err = p.Open(within(t))
	require.ErrorIs(t, err, ErrSessionRefused)
	_, err = p.Open(within(t))
	require.ErrorIs(t, err, ErrFull, "the server is not asked for what it has refused")
}

func TestNoSubsystem(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("Subsystem other /bin/true"))
	p := newPool(t, Options{Host: resolve(t, s), Connections: 2})
	_, err := p.Open(within(t))
	require.ErrorIs(t, err, ErrNoSubsystem)
	_, err = p.Open(within(t))
	require.ErrorIs(t, err, ErrNoSubsystem)
	require.Equal(t, 1, strings.Count(s.Log(), "Accepted publickey"), "one login finds it out")
}

// An SFTP server that is not there leaves its shell's status.
func TestBrokenSubsystem(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("Subsystem sftp /nonexistent/sftp-server"))
	p := newPool(t, Options{Host: resolve(t, s)})
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	_, err = ch.Read(make([]byte, 1))
	require.Error(t, err)
	<-ch.Done()
	require.Equal(t, 127, ch.ExitStatus())
}

func TestGateLetsOneInUntilTheFirstSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Options{MaxStartups: 3}.withGateDefaults())
		in := make(chan struct{}, 9)
		for range 3 {
			go func() {
				if g.enter(t.Context()) == nil {
					in <- struct{}{}
				}
			}()
		}
		synctest.Wait()
		require.Len(t, in, 1)
		require.True(t, g.open())
		require.False(t, g.open())
		synctest.Wait()
		require.Len(t, in, 3)
	})
}

func TestGateKeepsTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Options{MaxStartups: 1, Interval: 3 * time.Second}.withGateDefaults())
		start := time.Now()
		var begun []time.Duration
		for range 3 {
			require.NoError(t, g.enter(t.Context()))
			begun = append(begun, time.Since(start))
			time.Sleep(time.Second) // the login; the interval counts from its start
			g.leave()
		}
		require.Equal(t, []time.Duration{0, 3 * time.Second, 6 * time.Second}, begun)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, g.enter(ctx), context.DeadlineExceeded)
		require.NoError(t, g.enter(t.Context()), "giving up has left the place free")
	})
}

func (o Options) withGateDefaults() Options { o.Clock = systemClock{}; return o }

// The end of a channel takes a while at the server. An Open that wants its place waits for it.
func TestOpenWaitsForTheEndOfAChannel(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s), Sessions: 2})
	channels, errs := openAll(within(t), p, 2)
	require.Empty(t, errs)
	require.NoError(t, channels[0].Close())
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	require.Equal(t, 1, ch.Conn().ID())
	exercise(t, ch)
	exercise(t, channels[1])
}

// A connection that the server has ended does not count, though its channels are not closed yet.
func TestDeadConnectionDoesNotCount(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s)})
	ch, err := p.Open(within(t))
	require.NoError(t, err)
	s.DropConnections()
	_, err = ch.Read(make([]byte, 1))
	require.Error(t, err)
	again, err := p.Open(within(t))
	require.NoError(t, err)
	exercise(t, again)
}
