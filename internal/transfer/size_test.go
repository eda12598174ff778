package transfer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

// A server that lies about a size costs no more than the file: what is left of a file that has failed is not gone through block
// by block, which would take years.
func TestSizeThatLies(t *testing.T) {
	for size, want := range map[int64]error{
		testBlock:     ErrChanged,
		testBlock * 3: ErrChanged,
		1 << 40:       ErrChanged,
		maxSize:       ErrChanged,
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
			require.EqualValues(t, 1, sum.Failed, "%d", size)
			require.ErrorIs(t, j.seen.failed["/src/bad"], want)
			require.Len(t, j.seen.copied, len(sizes()))
			require.NotContains(t, j.dest().Tree(), "/dst/bad")
			j.requireNoParts(t)
		}
	}
}
