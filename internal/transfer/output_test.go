package transfer

import (
	"path"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// TestNameThatIsTooLong: a large file whose name the destination does not take fails before its bytes are sent, and alone.
func TestNameThatIsTooLong(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		long := strings.Repeat("n", 150)
		j := newJob(upload, 2, map[string]memfs.Node{"/" + long: sized(3 * testChunk), "/good": sized(3 * testChunk), "/" + long[:143]: sized(3 * testChunk)})
		var written atomic.Int64
		j.dest().Hook = func(c memfs.Call) error {
			if c.Op == "write" && strings.Contains(c.Path, "nnn") {
				written.Add(int64(c.Len))
			}
			if len(path.Base(c.Path)) > 143 || len(path.Base(c.To)) > 143 {
				return syscall.ENAMETOOLONG
			}
			return nil
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Len(t, j.seen.failed, 1)
		require.ErrorIs(t, j.seen.failed["/src/"+long], syscall.ENAMETOOLONG)
		require.EqualValues(t, 3*testChunk, written.Load(), "of the name that fits")
		j.requireNoParts(t)
	})
}
