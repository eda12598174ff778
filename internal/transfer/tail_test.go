package transfer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/chunker"
	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// handOut takes all there is from a queue that files were pushed to.
func handOut(t require.TestingT, policy chunker.Policy, sizes ...int64) (spans []span, waiting []int64) {
	q := newQueue()
	q.tail = tail(policy)
	for _, n := range sizes {
		f := &file{Entry: plan.Entry{Info: fsys.Info{Size: n}}, chunk: policy.Size(n)}
		f.do(f.all())
		q.push(f)
	}
	q.walkEnded()
	for len(q.files) > 0 {
		s, ok := q.pop(func() bool { return false })
		require.True(t, ok)
		spans = append(spans, s)
		waiting = append(waiting, q.chunks)
	}
	return spans, waiting
}

// What is left of the last file is divided ever more finely, so that no lane is left alone with a whole chunk.
func TestTailIsShared(t *testing.T) {
	const lanes, mib = 8, 1 << 20
	policy := chunker.Policy{Connections: lanes, Block: 261120}
	spans, waiting := handOut(t, policy, 512*mib)
	require.Greater(t, spans[0].len, int64(15*mib))
	for i, s := range spans[1:] {
		require.LessOrEqual(t, s.len, spans[i].len, "never more than before")
		require.LessOrEqual(t, waiting[i+1], waiting[i])
	}
	require.Zero(t, waiting[len(waiting)-1])
	last := spans[len(spans)-lanes:]
	for _, s := range last {
		require.Less(t, s.len, int64(2*window))
	}
	require.Less(t, len(spans), 200)
}

// What the user has set as the smallest chunk stays the smallest, and a file of one chunk stays one.
func TestTailKeepsTheLimits(t *testing.T) {
	const mib = 1 << 20
	for _, tc := range []struct {
		policy chunker.Policy
		size   int64
		want   int
	}{
		{chunker.Policy{Connections: 8, Min: 64 * mib}, 512 * mib, 8},
		{chunker.Policy{Connections: 8, Min: 1 << 40}, 512 * mib, 1},
		{chunker.Policy{Connections: 8}, 16 * mib, 1},
		{chunker.Policy{Connections: 8, Max: mib}, 32 * mib, 32},
		{chunker.Policy{Connections: 1, Max: 256 * mib}, 1024 * mib, 1024},
	} {
		spans, _ := handOut(t, tc.policy, tc.size)
		if tc.want < 1024 {
			require.Len(t, spans, tc.want, "%+v", tc.policy)
		}
		for _, s := range spans[:len(spans)-1] {
			require.GreaterOrEqual(t, s.len, tc.policy.Min)
			require.LessOrEqual(t, s.len, max(tc.policy.Max, tc.policy.Size(tc.size)))
		}
	}
}

// Whatever is handed out: every byte once, in requests of whole blocks, and what waits is counted down to nothing.
func TestTailCoversAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := chunker.Policy{
			Min: rapid.Int64Range(1<<18, 1<<22).Draw(t, "min"), Connections: rapid.IntRange(1, 16).Draw(t, "connections"),
			Block: rapid.SampledFrom([]int64{0, 4096, 32768, 261120}).Draw(t, "block"),
		}
		sizes := rapid.SliceOfN(rapid.Int64Range(1<<20, 1<<28), 1, 4).Draw(t, "sizes")
		spans, waiting := handOut(t, policy, sizes...)
		at := map[*file]int64{}
		for _, s := range spans {
			require.Equal(t, at[s.f], s.off)
			require.Positive(t, s.len)
			if at[s.f] += s.len; at[s.f] < s.f.Info.Size && policy.Block > 0 {
				require.Zero(t, s.len%policy.Block)
			}
		}
		require.Len(t, at, len(sizes))
		for f, end := range at {
			require.Equal(t, f.Info.Size, end)
		}
		require.Zero(t, waiting[len(waiting)-1])
	})
}
