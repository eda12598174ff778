package transfer

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

func never() bool { return false }

// Many blocks wait at once, each for ten grains: they go out one after the other. Were their grains interleaved, nothing
// would be on the line for long, and then everything.
func TestLimiterLetsBlocksGoOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		l := newLimiter(8_000_000, begun)
		out := make([]time.Duration, 8)
		var wg sync.WaitGroup
		for i := range out {
			wg.Go(func() {
				require.NoError(t, l.wait(t.Context(), 10*l.r.Burst(), never))
				out[i] = time.Since(begun)
			})
		}
		wg.Wait()
		slices.Sort(out)
		for i, at := range out {
			require.InDelta(t, time.Duration(i+1)*10*grain, at, float64(grain))
		}
	})
}

func TestLimiterForgetsALostLane(t *testing.T) {
	l := newLimiter(8, time.Now()) // a byte a second
	var lost atomic.Bool
	lost.Store(true)
	require.ErrorIs(t, l.wait(t.Context(), 1<<20, lost.Load), fsys.ErrLost)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.wait(ctx, 1<<20, never), context.Canceled)
	require.NoError(t, (*limiter)(nil).wait(ctx, 1<<20, lost.Load))
}
