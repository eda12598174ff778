package transfer

import (
	"context"
	"io/fs"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/chunker"
	"mscp/internal/fsys/memfs"
)

// All handles of a file are closed before it takes its name: a server may find something wrong only then.
func TestClosedBeforeTheRename(t *testing.T) {
	for range 5 {
		j := newJob(true, 3, map[string]memfs.Node{"/f": sized(12 * testChunk)})
		j.gate(3)
		var opened, open atomic.Int64 // handles of the partial file; the marker's CLOSE may come at any time
		for _, l := range j.lanes {
			gate := l.fate
			l.fate = func(c memfs.Call) fate {
				switch {
				case c.Op == "write":
					time.Sleep(time.Microsecond) // so that every lane gets some
				case !isPart(c.Path, "f"):
				case c.Op == "create", c.Op == "open":
					opened.Add(1)
					open.Add(1)
				case c.Op == "close":
					open.Add(-1)
				}
				return gate(c)
			}
			l.slowClose = time.Millisecond
		}
		left := int64(-1)
		j.remote.Hook = func(c memfs.Call) error {
			if c.Op == "rename" {
				left = open.Load()
			}
			return nil
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Positive(t, opened.Load())
		require.Zero(t, left)
		j.requireSame(t)
	}
}

// A partial file that somebody took away is a failure, also where a file of the same size is there already.
func TestPartialFileTakenAway(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, size := range []int{9, 900} {
			j := newJob(upload, 1, map[string]memfs.Node{"/f": sized(size)})
			j.dest().Put("/dst/f", memfs.File(string(make([]byte, size))))
			j.dest().Hook = func(c memfs.Call) error {
				if c.Op == "rename" {
					return j.dest().Remove(c.Path)
				}
				return nil
			}
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 1, sum.Failed)
			require.ErrorIs(t, j.seen.failed["/src/f"], fs.ErrNotExist)
		}
	})
}

// Directories of a copy that was ended stay open for the next run.
func TestCancelledDirectoriesStayWritable(t *testing.T) {
	j := newJob(false, 1, map[string]memfs.Node{"/d": {Mode: fs.ModeDir | 0o500}, "/d/e": {Mode: fs.ModeDir | 0o500}, "/d/f": sized(900)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.local.Hook = func(c memfs.Call) error {
		if c.Op == "mkdir" && c.Path == "dst/d/e" {
			cancel()
			<-j.lanes[0].closed
		}
		return nil
	}
	_, err := j.run(t, ctx)
	require.ErrorIs(t, err, context.Canceled)
	for p, n := range below(j.local, "/dst") {
		require.True(t, !n.Mode.IsDir() || n.Mode&0o700 == 0o700, "%s: %v", p, n.Mode)
	}
}

// Chunks smaller than a block are chunks nevertheless: a file of several is not taken for one block.
func TestChunksSmallerThanABlock(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, sizes())
		for _, l := range j.lanes {
			l.block = 16 * testChunk
		}
		j.opt.Chunks = chunker.Policy{Max: testChunk}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
	})
}
