package transfer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mscp/internal/fsys"
)

// progressMark remembers when the copy last moved.
type progressMark struct {
	mu    sync.Mutex
	count int64
	at    time.Time
}

// still is how long nothing has been acknowledged, compared or committed.
func (e *engine) still() time.Duration {
	count := e.Counters.Bytes.Load() + e.Counters.Verified.Load() + e.Counters.Files.Load() + e.Counters.Dirs.Load()
	m := &e.mark
	m.mu.Lock()
	defer m.mu.Unlock()
	if count != m.count || m.at.IsZero() {
		m.count, m.at = count, time.Now()
	}
	return time.Since(m.at)
}

// staller is a Remote that can tell that its channel has gone silent.
type staller interface {
	// Stalled tells whether a request has waited for longer than limit without sign of life.
	Stalled(limit time.Duration) bool
}

// watch takes lanes that have stalled for lost, until done is closed: a path that has gone dead gives no error of its own.
func (e *engine) watch(ctx context.Context, done <-chan struct{}) {
	if e.StallTimeout <= 0 {
		return
	}
	tick := time.NewTicker(max(e.StallTimeout/8, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-tick.C:
		}
		e.still()
		for _, w := range e.working() {
			if s, ok := w.fs.(staller); ok && !w.lost.Load() && s.Stalled(e.StallTimeout) {
				w.retire(fmt.Errorf("%w: no sign of life for %v", fsys.ErrLost, e.StallTimeout))
			}
		}
	}
}
