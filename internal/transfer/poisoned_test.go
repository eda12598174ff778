package transfer

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// A partial file that was open on a lost connection takes no more data on some servers (pkg/sftp's with files in memory): the file is sent
// again, under another name, and fails only where that takes none either.
func TestPoisonedFile(t *testing.T) {
	for _, all := range []bool{false, true} {
		j := newJob(true, 2, map[string]memfs.Node{"/f": sized(6 * testChunk), "/g": sized(3)})
		j.opt.MaxLanes = 1 // the other one replaces the first
		unsure(false)(&j.opt)
		var poisoned atomic.Value
		j.lanes[0].fate = func(c memfs.Call) fate {
			if c.Op == "write" && c.Off == 2*testChunk && isPart(c.Path, "f") {
				poisoned.Store(absolute(c.Path))
				return lostBefore
			}
			return well
		}
		j.remote.Hook = func(c memfs.Call) error {
			bad := poisoned.Load()
			if c.Op == "write" && bad != nil && (absolute(c.Path) == bad || all && isPart(c.Path, "f")) {
				return &fsys.Refusal{Code: 4, Text: "unexpected EOF"}
			}
			return nil
		}
		_, err := j.run(t, context.Background())
		require.NoError(t, err)
		require.NotNil(t, poisoned.Load())
		j.requireNoParts(t)
		if all {
			require.ErrorIs(t, j.seen.failed["/src/f"], fsys.ErrFailure)
			require.Contains(t, j.seen.copied, "/src/g")
			continue
		}
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
	}
}
