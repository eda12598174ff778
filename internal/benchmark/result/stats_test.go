package result

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func runs(seconds ...float64) (c Case) {
	for _, s := range seconds {
		c.Samples = append(c.Samples, Sample{Seconds: s, Bytes: 1000, User: 2 * s, System: s})
	}
	return c
}

func TestStats(t *testing.T) {
	c := runs(4, 1, 2)
	c.Samples = append(c.Samples, Sample{Seconds: 100, Bytes: 7, Error: "lost"})
	require.Equal(t, Stats{
		N: 3, Failed: 1,
		Throughput: Summary{Median: 4000, Min: 2000, Max: 8000},
		Seconds:    Summary{Median: 2, Min: 1, Max: 4},
		CPU:        Summary{Median: 6, Min: 3, Max: 12},
	}, c.Stats())
	require.Equal(t, 1.5, c.Stats().Seconds.Spread())
}

func TestStatsOfAnEvenNumber(t *testing.T) {
	require.Equal(t, Summary{Median: 2.5, Min: 1, Max: 10}, runs(3, 1, 2, 10).Stats().Seconds)
}

func TestStatsOfNothing(t *testing.T) {
	require.Equal(t, Stats{}, Case{}.Stats())
	require.Zero(t, Summary{}.Spread())
	require.Equal(t, Stats{Failed: 1}, Case{Samples: []Sample{{Error: "x", Seconds: 1, Bytes: 1}}}.Stats())
}

func TestStatsDoNotSort(t *testing.T) {
	c := runs(3, 1, 2)
	c.Stats()
	require.Equal(t, runs(3, 1, 2), c)
}

func TestSummaryProperties(t *testing.T) {
	value := rapid.Float64Range(shortest, longest)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(value, 1, 20).Draw(t, "values")
		s := runs(values...).Stats().Seconds
		require.Equal(t, slices.Min(values), s.Min)
		require.Equal(t, slices.Max(values), s.Max)
		require.LessOrEqual(t, s.Min, s.Median)
		require.LessOrEqual(t, s.Median, s.Max)
		require.GreaterOrEqual(t, s.Spread(), 0.0)
		below, above := 0, 0
		for _, v := range values {
			if v < s.Median {
				below++
			}
			if v > s.Median {
				above++
			}
		}
		require.LessOrEqual(t, max(below, above), len(values)/2, "half of the values on each side")

		shuffled := rapid.Permutation(values).Draw(t, "in another order")
		require.Equal(t, s, runs(shuffled...).Stats().Seconds)
	})
}

func TestFailedRunsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := runs(rapid.SliceOf(rapid.Float64Range(shortest, longest)).Draw(t, "values")...)
		want := c.Stats()
		n := rapid.IntRange(0, 5).Draw(t, "failed")
		for range n {
			bad := Sample{Seconds: rapid.Float64().Draw(t, "seconds"), Bytes: rapid.Int64().Draw(t, "bytes"), Error: "x"}
			at := rapid.IntRange(0, len(c.Samples)).Draw(t, "at")
			c.Samples = slices.Insert(c.Samples, at, bad)
		}
		want.Failed = n
		require.Equal(t, want, c.Stats())
	})
}

func TestMedianOfLargestValues(t *testing.T) {
	require.Equal(t, math.MaxFloat64, median([]float64{math.MaxFloat64, math.MaxFloat64}))
}
