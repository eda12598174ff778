package transfer

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The rate is held within 5 %, over the whole and at every moment, by many blocks at once, from the first byte and after a pause.
func TestLimiterHoldsTheRate(t *testing.T) {
	for _, bits := range []int64{200_000, 1_000_000, 64_000_000, 1_000_000_000, 10_000_000_000} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(bits, time.Now())
				l.measure(t, bits)
				time.Sleep(time.Hour)
				l.measure(t, bits)
			})
		})
	}
}

// measure sends for three seconds.
func (l *limiter) measure(t *testing.T, bits int64) {
	perSecond := float64(bits) / 8
	block := l.block(255 << 10)
	begun, slack := time.Now(), float64(l.r.Burst()+block)
	var mu sync.Mutex
	sent := 0.0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for time.Since(begun) < 3*time.Second {
				require.NoError(t, l.wait(t.Context(), block, never))
				mu.Lock()
				sent += float64(block)
				require.LessOrEqual(t, sent, perSecond*time.Since(begun).Seconds()+slack)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.InEpsilon(t, perSecond, sent/time.Since(begun).Seconds(), 0.05)
}

// The bucket is empty at first: not even the first bytes are too many.
func TestLimiterBeginsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		l := newLimiter(8_000_000, begun)
		require.NoError(t, l.wait(t.Context(), l.r.Burst(), never))
		require.InDelta(t, grain, time.Since(begun), float64(time.Millisecond))
	})
}

// A slow lane is never silent for long, and a fast one keeps its large blocks.
func TestLimiterBlock(t *testing.T) {
	for bits, want := range map[int64]int{0: 261120, 8_000: 1024, 200_000: 2000, 10_000_000: 100_000, 1_000_000_000: 261120} {
		require.Equal(t, want, newLimiter(bits, time.Time{}).block(261120), "%d bit/s", bits)
	}
}
