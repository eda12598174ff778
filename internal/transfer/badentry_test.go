package transfer

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// An entry that cannot be looked at is one failure; at the destination it is none, unless something lands on it.
func TestBadEntries(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, merged(sizes(), map[string]memfs.Node{"/bad": {Bad: syscall.ESTALE}}))
		j.dest().Put("/dst/other", memfs.Node{Bad: syscall.EIO})
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, sum.Failed)
		require.ErrorIs(t, j.seen.failed["/src/bad"], syscall.ESTALE)
		require.Len(t, j.seen.copied, len(sizes()))
		for p, n := range sizes() {
			require.Equal(t, n.Data, j.dest().Tree()["/dst"+p].Data)
		}
	})
}
