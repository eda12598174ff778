package transfer

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

const inOrderNotice = "the server takes a file only from its beginning to its end"

// A server that takes files only in order gets them so, whatever the options and whichever lanes are lost.
func TestServerThatTakesFilesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := newJob(true, 3, sizes())
		plain := rapid.Bool().Draw(t, "plain")
		for _, l := range j.lanes {
			l.whole, l.plain = true, plain
		}
		what := rapid.SampledFrom([]fate{lostBefore, lostAfter}).Draw(t, "fate")
		j.strike(rapid.Int64Range(1, 300).Draw(t, "first"), what, 1)
		j.strike(rapid.Int64Range(1, 300).Draw(t, "second"), what, 2)
		j.opt.Preserve = rapid.Bool().Draw(t, "preserve")
		j.opt.Sync = rapid.Bool().Draw(t, "sync")
		if rapid.Bool().Draw(t, "verify") {
			j.opt.Verify = &Verify{}
		}
		sum, err := j.run(t, context.Background())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
		j.requireNoParts(t)
		require.Equal(t, 1, j.noticed(inOrderNotice))
		total := int64(0)
		for _, n := range sizes() {
			total += int64(len(n.Data))
		}
		require.Equal(t, total, sum.Bytes)
		require.Equal(t, total, j.opt.Counters.BytesKnown.Load())
	})
}

// noticed counts the notices that begin so.
func (j *job) noticed(text string) (n int) {
	for _, s := range j.seen.notices {
		if strings.HasPrefix(s, text) {
			n++
		}
	}
	return n
}

// Longer files are replaced by exactly the source, under the final name as well.
func TestReplacesInOrder(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		j := newJob(true, 2, map[string]memfs.Node{"/a": sized(9 * testChunk), "/b": sized(5 * testChunk), "/c": sized(3 * testChunk)})
		j.lanes[0].whole, j.lanes[1].whole = true, true
		j.opt.InPlace = inPlace
		j.remote.Put("/dst/a", sized(20*testChunk))
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
	}
}

// A server that refuses the order too is not asked for ever.
func TestNoOrderIsRight(t *testing.T) {
	j := newJob(true, 2, merged(sizes(), map[string]memfs.Node{"/bad": sized(2*testChunk + 1)}))
	j.remote.Hook = func(c memfs.Call) error {
		if c.Op == "write" && isPart(c.Path, "bad") && c.Off > 0 {
			return fsys.ErrSequential
		}
		return nil
	}
	sum, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, sum.Failed)
	require.ErrorIs(t, j.seen.failed["/src/bad"], fsys.ErrSequential)
	j.requireNoParts(t)
	j.source().Remove("/src/bad")
	j.requireSame(t)
}

// What an earlier run has left cannot be gone on with: the file is started over, and counted once.
func TestResumedInOrder(t *testing.T) {
	s := stopped(t, true, data(testChunk), testChunk)
	s.set = func(o *Options) { o.First.(*testLane).whole = true }
	sum, err := s.run(t, 1, after(1), end{})
	require.NoError(t, err)
	require.Empty(t, s.job.seen.failed)
	require.Zero(t, sum.Kept)
	require.EqualValues(t, 3*testChunk, sum.Bytes)
	s.job.requireSame(t)
	require.Empty(t, s.parts())
}

// A run that ends while a file is sent in order leaves nothing that the next one would take for acknowledged.
func TestRunsInOrder(t *testing.T) {
	for call := int64(1); call < 200; call += 3 {
		s := newStory(t.TempDir(), true, map[string]memfs.Node{"/f": sized(3 * testChunk)})
		s.set = func(o *Options) { o.First.(*testLane).whole = true }
		_, _ = s.run(t, 1, after(1), end{dies, call})
		_, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Empty(t, s.job.seen.failed)
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	}
}

// The queue's figures, on which the number of lanes depends, hold for files that are handed out whole.
func TestQueueInOrder(t *testing.T) {
	e := &engine{Options: newJob(true, 1, nil).opt, block: testBlock, queue: newQueue()}
	for _, size := range []int64{5 * testChunk, 1, 3*testChunk + 1} {
		f := &file{chunk: testChunk, single: size <= testBlock}
		f.Info.Size = size
		f.do(f.all())
		require.True(t, e.queue.push(f))
	}
	e.queue.sendInOrder()
	kinds := []kind{}
	for range 3 {
		s, ok := e.queue.pop(func() bool { return false })
		require.True(t, ok)
		kinds = append(kinds, s.kind)
	}
	require.Equal(t, []kind{inOrder, move, inOrder}, kinds)
	require.Zero(t, e.queue.chunks)
	require.Zero(t, e.queue.small)
}

// A small file whose lane is lost while it is compared is compared by another one.
func TestSmallFileIsComparedAfterALostLane(t *testing.T) {
	for _, what := range []fate{lostBefore, lostAfter} {
		j := newJob(true, 2, map[string]memfs.Node{"/bad": sized(testBlock)})
		j.opt.MaxLanes, j.opt.Verify = 1, &Verify{}
		j.lanes[0].fate = func(c memfs.Call) fate {
			if c.Op == "open" && isPart(c.Path, "bad") {
				return what
			}
			return well
		}
		j.corrupt(5, 1)
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, testBlock, sum.Verified)
		require.EqualValues(t, testBlock, sum.Bytes)
		require.Equal(t, 1, j.noticed(`"/src/bad": the copy differs`))
		j.requireSame(t)
	}
}

// Where the server cannot sync, --fsync opens nothing, and costs a notice.
func TestSyncThatTheServerLacks(t *testing.T) {
	j := newJob(true, 1, map[string]memfs.Node{"/f": sized(testBlock), "/g": sized(1)})
	j.lanes[0].whole = true
	j.opt.Sync = true
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	j.requireSame(t)
	require.Equal(t, []string{"the server cannot put files on stable storage (no fsync@openssh.com)"}, j.seen.notices)
}
