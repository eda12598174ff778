package transfer

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// lanes are those at work. Once closed, none is added.
type lanes struct {
	mu      sync.Mutex
	wg      sync.WaitGroup
	all     map[*lane]bool
	onConn  map[int]int // lanes per connection
	opening int         // being opened; while there are any, not all is lost
	closed  bool
}

// startLane puts a lane to work. After the end of the copy it only closes it.
func (e *engine) startLane(ctx context.Context, l Lane) {
	w := newLane(e, l)
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	if e.lanes.closed {
		l.Close()
		return
	}
	e.lanes.all[w] = true
	e.lanes.onConn[l.Conn()]++
	e.countLanes()
	e.remote.add(w.fs)
	e.lanes.wg.Go(func() {
		w.run(ctx)
		lost := w.lost.Load()
		w.retire()
		e.laneEnded(w, lost)
	})
}

func (e *engine) countLanes() {
	conns := int64(len(e.lanes.onConn))
	e.Counters.Lanes.Store(int64(len(e.lanes.all)))
	e.Counters.Conns.Store(conns)
	raise(&e.Counters.MaxConns, conns)
}

// laneEnded ends the copy with the last lane, if it was lost with work left.
func (e *engine) laneEnded(w *lane, lost bool) {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	delete(e.lanes.all, w)
	if e.lanes.onConn[w.Conn()]--; e.lanes.onConn[w.Conn()] == 0 {
		delete(e.lanes.onConn, w.Conn())
	}
	e.countLanes()
	if lost {
		e.lastLane()
	}
}

// lastLane is called with the lanes locked, when one was lost or could not be opened.
func (e *engine) lastLane() {
	if len(e.lanes.all) > 0 || e.lanes.opening > 0 {
		return
	}
	if !e.queue.done() {
		e.stop(ErrNoLane)
	}
}

// closeLanes ends every call on every lane.
func (e *engine) closeLanes() {
	e.lanes.mu.Lock()
	e.lanes.closed = true
	all := make([]*lane, 0, len(e.lanes.all))
	for w := range e.lanes.all {
		all = append(all, w)
	}
	e.lanes.mu.Unlock()
	for _, w := range all {
		w.retire()
	}
}

// grow opens further lanes while there is work for them, at most one for each chunk or batch of small files that waits. It returns when
// the work is done; what is still being opened then is given up.
func (e *engine) grow(ctx context.Context) {
	if !e.Eager && !e.pays(ctx) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	opened := make(chan struct{}, 1)
	var opening atomic.Int64
	for begun := 1; ; {
		waiting, all, done := e.queue.waiting()
		if done {
			return
		}
		if begun < e.MaxLanes && int64(begun) < all && opening.Load() < waiting {
			begun++
			opening.Add(1)
			wg.Go(func() {
				e.openLane(ctx)
				opening.Add(-1)
				select {
				case opened <- struct{}{}:
				default:
				}
			})
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-opened:
		case <-e.queue.grew:
		}
	}
}

// pays waits until a further login is worth its time: when the work that is left would take longer than that. A small job is
// done before.
func (e *engine) pays(ctx context.Context) bool {
	tick := time.NewTicker(max(e.Login, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
			if e.left(time.Since(e.begun)) > e.Login {
				return true
			}
		case <-e.queue.grew:
			if e.queue.done() {
				return false
			}
		}
	}
}

// left estimates how long what is known will take at the rate so far.
func (e *engine) left(elapsed time.Duration) time.Duration {
	c := e.Counters
	return max(estimate(c.Bytes.Load(), c.BytesKnown.Load(), elapsed), estimate(c.Files.Load(), c.FilesKnown.Load(), elapsed))
}

func estimate(done, known int64, elapsed time.Duration) time.Duration {
	if known <= done {
		return 0
	}
	left := float64(elapsed) * float64(known-done) / float64(max(done, 1))
	return time.Duration(min(left, float64(math.MaxInt64/2)))
}

// openLane opens one lane and starts it. A failure costs speed only: OpenLane itself knows what is worth another try.
func (e *engine) openLane(ctx context.Context) {
	e.lanes.mu.Lock()
	e.lanes.opening++
	e.lanes.mu.Unlock()
	l, err := e.OpenLane(ctx)
	if err == nil {
		e.startLane(ctx, l)
	} else if ctx.Err() == nil {
		e.fewer.Do(func() {
			e.Observer.Notice(fmt.Sprintf("a further connection failed, the copy goes on without it: %v", err))
		})
	}
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	e.lanes.opening--
	e.lastLane()
}
