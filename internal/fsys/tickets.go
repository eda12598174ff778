package fsys

import (
	"sync"
	"sync/atomic"
)

// tickets bound how many do something at once. One atomic operation takes a ticket and one gives it back, where nobody waits.
type tickets struct {
	most int64
	out  atomic.Int64

	waiting atomic.Int64
	mu      sync.Mutex
	back    sync.Cond
}

func newTickets(most int) *tickets {
	t := &tickets{most: int64(most)}
	t.back.L = &t.mu
	return t
}

func (t *tickets) try() bool {
	for {
		n := t.out.Load()
		if n >= t.most {
			return false
		}
		if t.out.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (t *tickets) take() {
	if t.try() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting.Add(1) // before the next try: free sees it, or the try sees what free gave back
	defer t.waiting.Add(-1)
	for !t.try() {
		t.back.Wait()
	}
}

func (t *tickets) free() {
	t.out.Add(-1)
	if t.waiting.Load() > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.back.Signal()
	}
}
