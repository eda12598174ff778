package sshpool

import (
	"context"
	"sync"
	"time"
)

// gate lets logins begin: one until the first has succeeded, then as many at once as MaxStartups, and never sooner
// after another than the interval.
type gate struct {
	clock    Clock
	interval time.Duration
	tokens   chan struct{} // holds a token for each login that may begin
	most     int           // as many at once when opened

	mu     sync.Mutex
	next   time.Time // when the next login may begin
	opened bool
	excess int // tokens to take out of use
}

func newGate(o Options) *gate {
	g := &gate{clock: o.Clock, interval: o.Interval, tokens: make(chan struct{}, o.MaxStartups), most: o.MaxStartups}
	g.tokens <- struct{}{}
	return g
}

// enter waits for a place. After nil, leave must be called.
func (g *gate) enter(ctx context.Context) error {
	select {
	case <-g.tokens:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.interval <= 0 {
		return nil
	}
	if err := g.clock.Sleep(ctx, g.reserve()); err != nil {
		g.leave()
		return err
	}
	return nil
}

// reserve books the next start and returns how far away it is.
func (g *gate) reserve() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	start := now
	if g.next.After(now) {
		start = g.next
	}
	g.next = start.Add(g.interval)
	return start.Sub(now)
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.excess > 0 {
		g.excess--
		return
	}
	g.tokens <- struct{}{}
}

// narrow halves the number of logins under way: the server has dropped one for there being too many.
func (g *gate) narrow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened {
		g.excess += g.most / 2
		g.most -= g.most / 2
	}
}

// open makes all places available: a login has succeeded. It reports whether it was the first.
func (g *gate) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened {
		return false
	}
	g.opened = true
	for range g.most - 1 {
		g.tokens <- struct{}{}
	}
	return true
}
