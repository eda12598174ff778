package transfer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"mscp/internal/fsys"
)

// openLane opens one lane and starts it. Failing to open a further one costs speed only. The copy ends when none is open and a
// lost one cannot be replaced.
func (e *engine) openLane(ctx context.Context, again bool) {
	l, err := e.tryLane(ctx, again)
	if err != nil && !again {
		if e.goOnWithout(ctx, err) {
			return
		}
		l, err = e.tryLane(ctx, true) // meanwhile the last lane was lost
	}
	if err == nil {
		e.startLane(ctx, l)
	}
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	e.openEnded(err)
	if err != nil && e.lanes.live == 0 && e.lanes.opening == 0 && ctx.Err() == nil && !e.queue.done() {
		e.stop(fmt.Errorf("%w: %w", ErrNoLane, err))
	}
}

// goOnWithout gives up a further lane that failed. It refuses where no other lane is left, for then this one has to replace the lost one.
func (e *engine) goOnWithout(ctx context.Context, err error) bool {
	over := ctx.Err() != nil || e.queue.done()
	e.lanes.mu.Lock()
	needed := !over && e.lanes.live == 0 && e.lanes.opening == 1
	if !needed {
		e.openEnded(err)
	}
	e.lanes.mu.Unlock()
	if !needed && !over {
		e.fewer.Do(func() { e.Observer.Notice("a further connection " + furtherFailed(err)) })
	}
	return !needed
}

// openEnded counts the end of an opening. The caller holds lanes.mu.
func (e *engine) openEnded(err error) {
	n := &e.lanes
	n.opening--
	if err != nil {
		n.target, n.full = max(1, n.target-1), true
	}
	e.countLanes()
}

// furtherFailed says why the copy goes on with fewer connections.
func furtherFailed(err error) string {
	if errors.As(err, new(*OtherFilesError)) {
		return fmt.Sprintf("is not used, and the copy goes on with the first machine alone: %v (name one machine to use more connections)", err)
	}
	return fmt.Sprintf("failed, and the copy goes on without it: %v", err)
}

// room tells what of ours takes room on the server: lanes at work, and lost ones that are still being closed.
func (e *engine) room() (live, held int) {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	return e.lanes.live, len(e.lanes.all)
}

// final tells whether a failed try settles that a lane is not opened. held is what took room on the server when the try began. A server
// or a pool that refused because of it may take the next try once that room is free.
func (e *engine) final(err error, held int) bool {
	live, _ := e.room()
	return !e.retryable(err) && (held == 0 || live > 0)
}

// retryable tells whether another try to replace a lane may succeed: the next one may lead to the first machine again, or may not be lost
// while it shows that it sees the same files.
func (e *engine) retryable(err error) bool {
	return errors.As(err, new(*OtherFilesError)) || fsys.Lost(err) || e.Retryable != nil && e.Retryable(err)
}

const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

// tryLane opens a lane. One that replaces a lost one is tried again after growing pauses with jitter, until Retries tries have
// failed or the whole copy has not moved for RetryTimeout. A lane that opens and is lost before it was of use is a try that failed.
func (e *engine) tryLane(ctx context.Context, again bool) (Lane, error) {
	if !again {
		return e.provenLane(ctx)
	}
	for try, err := e.barren(); ; try++ {
		if try > 0 {
			if e.Retries > 0 && try >= e.Retries || e.still() > e.RetryTimeout {
				return nil, err
			}
			if err := e.pause(ctx, try); err != nil {
				return nil, err
			}
		}
		var l Lane
		_, held := e.room()
		if l, err = e.provenLane(ctx); err == nil || e.final(err, held) {
			return l, err
		}
		if fsys.Lost(err) {
			e.lostUnproven(err)
		}
		if ctx.Err() == nil {
			e.Observer.Notice(fmt.Sprintf("mscp could not replace a lost connection, and tries again: %v", err))
		}
	}
}

// barren is how many lanes have been lost one after the other before any was of use, and why the last one was.
func (e *engine) barren() (int, error) {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	return e.lanes.barren, e.lanes.why
}

// pause comes before the try of that number, from 1.
func (e *engine) pause(ctx context.Context, try int) error {
	d := min(firstPause<<min(try-1, 10), lastPause)
	d = d/2 + rand.N(d)
	if e.sleep != nil {
		return e.sleep(ctx, d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// lostUnproven counts a lane that was to replace a lost one, and was lost itself before it was put to work.
func (e *engine) lostUnproven(why error) {
	e.lanes.mu.Lock()
	defer e.lanes.mu.Unlock()
	e.lanes.barren++
	e.lanes.why = why
}
