package transfer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

// A server that states a size that the file does not have costs no more than the file: what is left of it is not gone through block
// by block, which would take years. Where it states it each time, the file is copied as far as it goes, as sysfs's are.
func TestSizeThatLies(t *testing.T) {
	for size, want := range map[int64]error{
		testBlock:     nil,
		testBlock * 3: nil,
		1 << 40:       nil,
		maxSize:       nil,
		maxSize + 1:   fsys.ErrTooLarge,
		1<<63 - 1:     fsys.ErrTooLarge,
	} {
		for _, most := range []int64{testChunk, 0} {
			j := newJob(false, 2, sizes())
			j.opt.Chunks.Max = most
			for _, l := range j.lanes {
				l.sizes = map[string]int64{"bad": size}
			}
			j.source().Put("/src/bad", sized(testBlock-10))
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			j.requireNoParts(t)
			if want == nil {
				require.Empty(t, j.seen.failed)
				require.Equal(t, data(testBlock-10), j.dest().Tree()["/dst/bad"].Data)
				require.EqualValues(t, testBlock-10, j.seen.copied["/src/bad"])
				require.Len(t, j.seen.notices, 1)
				require.Equal(t, j.opt.Counters.BytesKnown.Load(), sum.Bytes)
				continue
			}
			require.EqualValues(t, 1, sum.Failed, "%d", size)
			require.ErrorIs(t, j.seen.failed["/src/bad"], want)
			require.Len(t, j.seen.copied, len(sizes()))
			require.NotContains(t, j.dest().Tree(), "/dst/bad")
		}
	}
}
