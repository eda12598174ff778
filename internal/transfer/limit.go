package transfer

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"mscp/internal/fsys"
)

// limiter holds a copy to a rate of file data. A nil limiter does not limit.
type limiter struct {
	r    *rate.Limiter
	turn chan struct{} // full while a block's share is awaited, grain by grain: blocks go out one after the other, not all at last
}

// grain is how much time the limiter lets pass in one piece.
const grain = 20 * time.Millisecond

// newLimiter makes a limiter of bit/s; 0 is no limit. Its bucket starts empty and holds one grain, so that a copy
// of any length stays within the rate.
func newLimiter(bits int64, now time.Time) *limiter {
	if bits <= 0 {
		return nil
	}
	perSecond := float64(bits) / 8
	burst := max(1, int(perSecond*grain.Seconds()))
	l := &limiter{r: rate.NewLimiter(rate.Limit(perSecond), burst), turn: make(chan struct{}, 1)}
	l.r.AllowN(now, burst)
	return l
}

// block is how large blocks may be: a block that took longer than some grains would go out in bursts, and a
// slow lane would be silent for long.
func (l *limiter) block(block int) int {
	if l == nil {
		return block
	}
	return min(block, max(1024, 4*l.r.Burst()))
}

// wait returns when n bytes may go out, or with [fsys.ErrLost] once lost says so: blocks of a lane that is gone take no share.
func (l *limiter) wait(ctx context.Context, n int, lost func() bool) error {
	if l == nil {
		return nil
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for n > 0 {
		if lost() {
			return fsys.ErrLost
		}
		part := min(n, l.r.Burst())
		if err := pause(ctx, l.r.ReserveN(time.Now(), part).Delay()); err != nil {
			return err
		}
		n -= part
	}
	return nil
}

// pause is not rate's own WaitN, which gives up at once where the context's deadline would come first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
