package sshpool

import (
	"context"
	"sync"
	"time"
)

// gate lets logins begin: one until the first has succeeded, then as many at once as MaxStartups, and never sooner
// after another than the interval. Connections that are made ahead of the first success count, but wait before they log in.
type gate struct {
	clock    Clock
	interval time.Duration
	tokens   chan struct{} // holds a token for each login that may begin
	isOpen   chan struct{} // closed when opened
	most     int           // as many at once when opened

	mu     sync.Mutex
	next   time.Time // when the next login may begin
	opened bool
	ahead  int // places taken by connections made ahead
	excess int // tokens to take out of use
}

func newGate(o Options) *gate {
	g := &gate{clock: o.Clock, interval: o.Interval, tokens: make(chan struct{}, o.MaxStartups),
		isOpen: make(chan struct{}), most: o.MaxStartups}
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
	g.put()
}

// put makes a place available; g.mu is held.
func (g *gate) put() {
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
	close(g.isOpen)
	for range g.most - 1 - g.ahead {
		g.tokens <- struct{}{}
	}
	return true
}

// enterAhead takes a place beside the first login's. It reports false where there is none, or where ordinary logins may begin. After
// true, leaveAhead must be called.
func (g *gate) enterAhead() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened || g.ahead >= g.most-1 {
		return false
	}
	g.ahead++
	return true
}

func (g *gate) leaveAhead() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ahead--
	if g.opened {
		g.put()
	}
}

// turn waits until a connection made ahead may log in: side by side with others after the first success, or alone, where the first
// success has not told that others will follow. leave must be called, also after an error.
func (g *gate) turn(ctx context.Context) (leave func(), err error) {
	select {
	case <-g.isOpen:
		return func() {}, nil
	case <-g.tokens:
		return g.leave, nil
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
}
