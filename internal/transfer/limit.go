package transfer

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// limiter holds a copy to a rate of file data. A nil limiter does not limit.
type limiter struct{ r *rate.Limiter }

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
	l := &limiter{rate.NewLimiter(rate.Limit(perSecond), burst)}
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

// wait returns when n bytes may go out.
func (l *limiter) wait(ctx context.Context, n int) error {
	if l == nil {
		return nil
	}
	for n > 0 {
		part := min(n, l.r.Burst())
		if err := l.r.WaitN(ctx, part); err != nil {
			return err
		}
		n -= part
	}
	return nil
}
