package transfer

import (
	"fmt"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// syncedDirs is a destination that can sync directories.
type syncedDirs struct {
	*memfs.FS
	err error

	mu    sync.Mutex
	names map[string]bool
}

func (s *syncedDirs) SyncDir(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name] = true
	return s.err
}

// A destination that knows no sync costs one notice; one whose sync fails fails the files.
func TestSyncOfFilesAndNames(t *testing.T) {
	missing := fmt.Errorf("%w: as CIFS says", fsys.ErrUnsupported)
	for _, c := range []struct {
		file, dir error
		fails     bool
	}{{missing, nil, false}, {nil, missing, false}, {missing, missing, false}, {syscall.EIO, nil, true}, {nil, syscall.EIO, true}} {
		j := newJob(false, 2, sizes())
		j.opt.Sync = true
		dst := &syncedDirs{FS: j.local, err: c.dir, names: map[string]bool{}}
		j.opt.Local = dst
		j.local.Hook = func(call memfs.Call) error {
			if call.Op == "sync" {
				return c.file
			}
			return nil
		}
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		j.requireNoParts(t)
		if c.fails {
			require.EqualValues(t, len(sizes()), sum.Failed)
			require.ErrorIs(t, j.seen.failed["/src/fa"], syscall.EIO)
			continue
		}
		require.Empty(t, j.seen.failed)
		require.Equal(t, map[string]bool{"dst": true}, dst.names)
		require.Len(t, j.seen.notices, 1)
		j.requireSame(t)
	}
}
