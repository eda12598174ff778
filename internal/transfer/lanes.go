package transfer

import (
	"context"
	"math"
	"sync"
	"time"
)

// lanes are those at work, and how many there are to be.
type lanes struct {
	mu      sync.Mutex
	wg      sync.WaitGroup
	all     map[*lane]bool
	onConn  map[int]int   // lanes per connection
	live    int           // of all, those not lost
	opening int           // being opened
	target  int           // to be kept open, as far as there is work
	full    bool          // the server admits no more: target does not grow
	closed  bool          // none is added
	barren  int           // lost one after the other, before any of them was of use
	why     error         // the last one was lost
	changed chan struct{} // one of the above has changed
}

func newLanes() lanes {
	return lanes{all: make(map[*lane]bool), onConn: make(map[int]int), target: 1, changed: make(chan struct{}, 1)}
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
	l.Use()
	e.lanes.all[w] = true
	e.lanes.live++
	e.lanes.onConn[l.Conn()]++
	e.countLanes()
	e.remote.add(w)
	e.lanes.wg.Go(func() {
		w.run(ctx)
		w.retire(nil)
		e.laneEnded(w)
	})
}

func (e *engine) countLanes() {
	conns := int64(len(e.lanes.onConn))
	e.Counters.Lanes.Store(int64(len(e.lanes.all)))
	e.Counters.Conns.Store(conns)
	raise(&e.Counters.MaxConns, conns)
	select {
	case e.lanes.changed <- struct{}{}:
	default:
	}
}

// laneLost is called once for each lane, when no more work is handed out on it.
func (e *engine) laneLost(useful bool, why error) {
	n := &e.lanes
	n.mu.Lock()
	defer n.mu.Unlock()
	n.live--
	if why != nil {
		n.why = why
		n.barren++
	}
	if useful {
		n.barren = 0
	}
	e.countLanes()
}

func (e *engine) laneEnded(w *lane) {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	delete(e.lanes.all, w)
	if e.lanes.onConn[w.Conn()]--; e.lanes.onConn[w.Conn()] == 0 {
		delete(e.lanes.onConn, w.Conn())
	}
	e.countLanes()
}

// working returns the lanes that are at work now.
func (e *engine) working() []*lane {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	all := make([]*lane, 0, len(e.lanes.all))
	for w := range e.lanes.all {
		all = append(all, w)
	}
	return all
}

// closeLanes ends every call on every lane.
func (e *engine) closeLanes() {
	e.lanes.mu.Lock()
	e.lanes.closed = true
	e.lanes.mu.Unlock()
	e.remote.close()
	for _, w := range e.working() {
		w.retire(nil)
	}
}

// keepLanes opens lanes while there is work for them, at most one for each chunk or batch of small files that waits, and one for each that
// is lost. It returns when the work is done; what is still being opened then is given up.
func (e *engine) keepLanes(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var openers sync.WaitGroup
	defer openers.Wait()
	defer cancel()
	pays := e.Eager
	tick := time.NewTicker(max(e.Login, 10*time.Millisecond))
	defer tick.Stop()
	for {
		waiting, all, done := e.queue.waiting()
		if done {
			return
		}
		if e.queue.drained() { // over a long distance the removal takes as long as many files
			openers.Go(e.unmark)
		}
		pays = pays || e.alone() > e.Login
		for again, open := e.wantLane(waiting, all, pays); open; again, open = e.wantLane(waiting, all, pays) {
			openers.Go(func() { e.openLane(ctx, again) })
		}
		select {
		case <-ctx.Done():
			return
		case <-e.lanes.changed:
		case <-e.queue.grew:
		case <-tick.C:
			// A small job is done before: a further login must take less time than the work that is left.
			pays = pays || e.left(time.Since(e.begun)) > e.Login
		}
	}
}

// wantLane tells whether to open a lane now; again is set for one that replaces a lost one. The caller opens it.
func (e *engine) wantLane(waiting, all int64, pays bool) (again, open bool) {
	n := &e.lanes
	n.mu.Lock()
	defer n.mu.Unlock()
	again = n.live+n.opening < n.target && (waiting > int64(n.opening) || n.live+n.opening == 0)
	if !again && pays && !n.full && n.target < e.MaxLanes && int64(n.target) < all && int64(n.opening) < waiting {
		n.target++
		open = true
	}
	if again || open {
		n.opening++
		return again, true
	}
	return false, false
}

// alone is the least time that one lane would need for what is known and left: a window in each round trip, and three round trips for each
// file. After an earlier run nothing can be said: most may be there.
func (e *engine) alone() time.Duration {
	if e.State != nil {
		return 0
	}
	c, first := e.Counters, e.First.FS()
	windows := float64(c.BytesKnown.Load()-c.Bytes.Load()) / window
	files := float64(c.FilesKnown.Load()-c.Files.Load()) / float64(e.workers(first))
	return time.Duration(min(float64(first.RTT())*(windows+3*files), math.MaxInt64/2))
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
