package journal

import (
	"iter"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const bitmapSize = 48

type bitmap [bitmapSize]bool

func (b *bitmap) add(off, n int64) {
	for i := off; i < off+n; i++ {
		b[i] = true
	}
}

func (b *bitmap) has(off, n int64) bool {
	for i := off; i < off+n; i++ {
		if !b[i] {
			return false
		}
	}
	return n > 0
}

// runs returns offset and length of each run of want below size.
func (b *bitmap) runs(want bool, size int64) [][2]int64 {
	var runs [][2]int64
	for i := range size {
		switch {
		case b[i] != want:
		case i > 0 && b[i-1] == want:
			runs[len(runs)-1][1]++
		default:
			runs = append(runs, [2]int64{i, 1})
		}
	}
	return runs
}

func collect(seq iter.Seq2[int64, int64]) [][2]int64 {
	var all [][2]int64
	for off, n := range seq {
		all = append(all, [2]int64{off, n})
	}
	return all
}

func TestRangesAreABitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Ranges
		var b bitmap
		draw := func(name string) (int64, int64) {
			off := rapid.Int64Range(0, bitmapSize-1).Draw(t, name+" offset")
			return off, rapid.Int64Range(0, bitmapSize-off).Draw(t, name+" length")
		}
		for range rapid.IntRange(0, 20).Draw(t, "adds") {
			off, n := draw("add")
			r.Add(off, n)
			b.add(off, n)
		}
		runs := b.runs(true, bitmapSize)
		require.Equal(t, runs, collect(r.All()))
		var sum, end int64
		for _, run := range runs {
			sum, end = sum+run[1], run[0]+run[1]
		}
		require.Equal(t, sum, r.Bytes())
		require.Equal(t, end, r.End())
		off, n := draw("has")
		require.Equal(t, b.has(off, n), r.Has(off, n))
		limit := rapid.Int64Range(0, bitmapSize).Draw(t, "size")
		require.Equal(t, b.runs(false, limit), collect(r.Missing(limit)))
	})
}

func TestRangesMissingBeyondTheLast(t *testing.T) {
	var r Ranges
	require.Equal(t, [][2]int64{{0, 10}}, collect(r.Missing(10)))
	require.Empty(t, collect(r.Missing(0)))
	r.Add(2, 3)
	require.Equal(t, [][2]int64{{0, 2}, {5, math.MaxInt64 - 5}}, collect(r.Missing(math.MaxInt64)))
}

func TestRangesTakeNoNonsense(t *testing.T) {
	var r Ranges
	for _, bad := range [][2]int64{{0, 0}, {5, -1}, {-1, 5}, {math.MaxInt64, 1}, {1, math.MaxInt64}, {math.MinInt64, math.MinInt64}} {
		r.Add(bad[0], bad[1])
		require.Zero(t, r.Bytes(), bad)
	}
	r.Add(0, math.MaxInt64)
	require.EqualValues(t, int64(math.MaxInt64), r.Bytes())
	for _, bad := range [][2]int64{{0, 0}, {5, -1}, {-1, 5}, {1, math.MaxInt64}} {
		require.False(t, r.Has(bad[0], bad[1]), bad)
	}
}

func TestRangesIterationStops(t *testing.T) {
	var r Ranges
	r.Add(10, 1)
	r.Add(20, 1)
	for range r.All() {
		break
	}
	for range r.Missing(30) {
		break
	}
	require.EqualValues(t, 2, r.Bytes())
}

func TestRangesCloneSharesNothing(t *testing.T) {
	var r Ranges
	r.Add(0, 1)
	c := r.Clone()
	c.Add(1, 1)
	r.Add(5, 1)
	require.Equal(t, [][2]int64{{0, 2}}, collect(c.All()))
	require.Equal(t, [][2]int64{{0, 1}, {5, 1}}, collect(r.All()))
}
