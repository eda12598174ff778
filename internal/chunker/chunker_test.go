package chunker

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

func TestSize(t *testing.T) {
	const block = 255 * kib // OpenSSH's limit; with pages of 4 KiB the common multiple is 1020 KiB
	const both = 4 * 255 * kib
	for name, c := range map[string]struct {
		policy Policy
		file   int64
		want   int64
	}{
		"four per connection":           {Policy{Connections: 4}, 4 * gib, 256 * mib},
		"rounded down to a page":        {Policy{Connections: 3}, gib, gib / 12 / 4096 * 4096},
		"not below the default minimum": {Policy{Connections: 8}, 64 * mib, 16 * mib},
		"an empty file":                 {Policy{Connections: 8}, 0, 16 * mib},
		"no connections count as one":   {Policy{}, 4 * gib, gib},
		"block is a power of two":       {Policy{Connections: 4, Block: 256 * kib}, 4 * gib, 256 * mib},
		"common multiple":               {Policy{Connections: 4, Block: block}, 4 * gib, 256 * mib / both * both},
		"rounded up to the minimum":     {Policy{Connections: 4, Block: block}, mib, 17 * both},
		"-s":                            {Policy{Min: 64 * mib, Connections: 4}, 512 * mib, 64 * mib},
		"-S":                            {Policy{Max: 32 * mib, Connections: 4}, 4 * gib, 32 * mib},
		"-S alone lowers the minimum":   {Policy{Max: 4 * mib, Connections: 4}, 100, 4 * mib},
		"-S wins over alignment":        {Policy{Max: 4 * mib, Connections: 4, Block: block}, gib, 4 * both},
		"-s and -S equal":               {Policy{Min: mib, Max: mib, Connections: 4, Block: 32 * kib}, gib, mib},
		"below the common multiple":     {Policy{Max: 600 * kib, Connections: 4, Block: block}, gib, 2 * block},
		"below a block":                 {Policy{Max: 10_000, Connections: 4, Block: block}, gib, 8192},
		"below a page":                  {Policy{Max: 1, Connections: 4, Block: block}, gib, 4096},
		"rounded up to a block":         {Policy{Min: 151553, Block: 151554}, 0, 151554},
		"rounded up to a common one":    {Policy{Min: 3*block + 1, Block: block}, 0, both},
		"another page":                  {Policy{Max: 100 * kib, Connections: 4, Page: 64 * kib}, gib, 64 * kib},
		"the largest file":              {Policy{Connections: 1}, math.MaxInt64, math.MaxInt64 / 4 / 4096 * 4096},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.policy.Validate())
			require.Equal(t, c.want, c.policy.Size(c.file))
		})
	}
}

func TestValidate(t *testing.T) {
	require.NoError(t, Policy{}.Validate())
	require.NoError(t, Policy{Min: 5, Max: 5}.Validate())
	require.NoError(t, Policy{Max: 1}.Validate(), "the default minimum gives way")
	require.NoError(t, Policy{Min: gib}.Validate(), "the default maximum gives way")
	for _, p := range []Policy{{Min: 6, Max: 5}, {Min: -1}, {Max: -1}, {Block: -1}, {Page: -1}} {
		require.ErrorIs(t, p.Validate(), ErrPolicy, "%+v", p)
	}
}

func TestSplitEmpty(t *testing.T) {
	p := Policy{Connections: 4}
	require.Equal(t, []Chunk{{}}, slices.Collect(p.Split(0)))
	require.EqualValues(t, 1, p.Count(0))
}

func TestSplitStops(t *testing.T) {
	for c := range (Policy{Max: 4096}).Split(math.MaxInt64) {
		require.Equal(t, Chunk{Len: 4096}, c)
		break
	}
}

func policies(t *rapid.T) Policy {
	p := Policy{
		Max:         rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 64*mib)).Draw(t, "max"),
		Connections: rapid.IntRange(0, 300).Draw(t, "connections"),
		Block:       rapid.OneOf(rapid.SampledFrom([]int64{0, 16384, 32 * kib, 255 * kib, 256 * kib}), rapid.Int64Range(1, mib)).Draw(t, "block"),
		Page:        rapid.SampledFrom([]int64{0, 4096, 16384, 65536}).Draw(t, "page"),
	}
	limit := p.Max
	if limit == 0 {
		limit = 64 * mib
	}
	p.Min = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, limit)).Draw(t, "min")
	return p
}

// fileSizes draws sizes around the boundaries of chunks, and others.
func fileSizes(t *rapid.T, p Policy) int64 {
	edge := p.Size(0) * rapid.Int64Range(0, 20).Draw(t, "chunks")
	near := max(0, edge+rapid.Int64Range(-1, 1).Draw(t, "off by"))
	return rapid.OneOf(rapid.Just(near), rapid.Int64Range(0, p.Size(0)*1000)).Draw(t, "file size")
}

func TestSplitCoversOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policies(t)
		require.NoError(t, p.Validate())
		size := fileSizes(t, p)
		chunk := p.Size(size)

		var next, count int64
		for c := range p.Split(size) {
			require.Equal(t, next, c.Off, "no gap and no overlap")
			if c.Off+c.Len < size {
				require.Equal(t, chunk, c.Len, "only the last chunk may be smaller")
			}
			require.True(t, c.Len > 0 || size == 0)
			next += c.Len
			count++
		}
		require.Equal(t, size, next)
		require.Equal(t, p.Count(size), count)
	})
}

func TestSizeKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policies(t)
		size := p.Size(rapid.Int64Range(0, math.MaxInt64).Draw(t, "file size"))
		lo, hi := p.limits()
		if p.Block > 0 && size >= p.Block {
			require.Zero(t, size%p.Block, "blocks begin at multiples of the block")
		} else {
			require.Zero(t, size%p.page())
		}
		require.True(t, size <= max(hi, p.page()), "above the largest: %d", size)
		unit := p.unit(max(lo, size, p.page()))
		require.True(t, size >= lo || size > hi-unit, "below the smallest: %d, though %d fits", size, size+unit)
	})
}
