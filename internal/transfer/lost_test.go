package transfer

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys/memfs"
)

// strike gives the n-th call on the lanes together a fate.
func (j *job) strike(n int64, what fate, lanes ...int) {
	var calls atomic.Int64
	for _, i := range lanes {
		j.lanes[i].fate = func(memfs.Call) fate {
			if calls.Add(1) == n {
				return what
			}
			return well
		}
	}
}

// Whenever a lane is lost, the others take over and the copy is the same.
func TestLostLane(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			src := sizes()
			j := newJob(upload, 3, src)
			what := rapid.SampledFrom([]fate{lostBefore, lostAfter}).Draw(t, "fate")
			// One lane survives: it is there from the beginning, or the others' loss might come before it is open.
			j.strike(rapid.Int64Range(1, 400).Draw(t, "first"), what, 1)
			j.strike(rapid.Int64Range(1, 400).Draw(t, "second"), what, 2)
			plain := rapid.Bool().Draw(t, "plain")
			for _, l := range j.lanes {
				l.plain = plain
			}
			_, err := j.run(t, context.Background())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			j.requireSame(t)
			j.requireNoParts(t)
		})
	})
}

func TestLastLaneLost(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			src := sizes()
			j := newJob(upload, 2, src)
			before := map[string]memfs.Node{"/fd": sized(9), "/fk": sized(9000)}
			for p, n := range before {
				j.dest().Put("/dst"+p, n)
			}
			j.strike(rapid.Int64Range(1, 200).Draw(t, "call"), lostBefore, 0)
			j.lanes[1].Close() // opens, and is dead
			_, err := j.run(t, context.Background())
			if err != nil {
				require.ErrorIs(t, err, ErrNoLane)
			}
			j.requireHonest(t, src, before)
			for p := range src {
				require.True(t, err != nil || has(j.seen.copied, "/src"+p) || has(j.seen.failed, "/src"+p) || has(j.seen.failed, "/src"), p)
			}
		})
	})
}

// A second run finishes what the first could not, over the partial files that it left.
func TestRunAgain(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			j := newJob(upload, 2, sizes())
			j.lanes[1].Close()
			j.strike(rapid.Int64Range(1, 300).Draw(t, "call"), lostBefore, 0)
			j.run(t, context.Background())
			j.forgetMarks()

			again := newJob(upload, 2, nil)
			again.local, again.remote = j.local, j.remote
			again.opt.Local = j.local
			for _, l := range again.lanes {
				l.to = j.remote
			}
			_, err := again.run(t, context.Background())
			require.NoError(t, err)
			require.Empty(t, again.seen.failed)
			again.requireSame(t)
			again.requireNoParts(t)
		})
	})
}

// A lane to a server that takes smaller blocks than the first one's takes part, and may give back what it began.
func TestLanesOfUnequalBlocks(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			j := newJob(upload, 3, sizes())
			j.lanes[1].block = testBlock / 4
			j.lanes[2].block = 4 * testBlock
			j.strike(rapid.Int64Range(1, 300).Draw(t, "call"), lostBefore, 1)
			_, err := j.run(t, context.Background())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			j.requireSame(t)
		})
	})
}

// What a lost lane had taken and not begun goes back in one piece, not block by block.
func TestLostLaneGivesBackInOnePiece(t *testing.T) {
	j := newJob(true, 2, map[string]memfs.Node{"/f": sized(100 * testChunk)})
	j.opt.Chunks.Max = 100 * testChunk
	var calls atomic.Int64
	j.lanes[0].fate = func(c memfs.Call) fate {
		calls.Add(1)
		if c.Op == "write" {
			return lostBefore
		}
		return well
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Less(t, calls.Load(), int64(4*filesNear))
	j.requireSame(t)
}

func TestLaneCannotBeOpened(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 1, sizes())
		j.opt.MaxLanes = 4
		broken := errors.New("too many connections")
		j.lanes[0].fate = func(c memfs.Call) fate {
			if c.Op == "open" || c.Op == "create" {
				<-j.seen.noticed // there is work left until then
			}
			return well
		}
		j.opt.OpenLane = func(context.Context) (Lane, error) { return nil, broken }
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		require.Len(t, j.seen.notices, 1)
		require.Contains(t, j.seen.notices[0], broken.Error())
		j.requireSame(t)
	})
}

// A dead server answers nothing: only closing the lanes ends the calls.
func TestCancelEndsHangingCalls(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, op := range []string{"read", "write", "open", "create", "close", "list", "mkdir", "stat", "fstat", "setattr", "fsetattr", "rename"} {
			t.Run(op, func(t *testing.T) {
				src := merged(sizes(), map[string]memfs.Node{"/d": memfs.Dir()})
				j := newJob(upload, 2, src)
				reason := errors.New("interrupted")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var hit atomic.Bool
				j.lanes[0].fate = func(c memfs.Call) fate {
					if c.Op == op {
						hit.Store(true)
						cancel(reason)
						return hangs
					}
					return well
				}
				j.opt.MaxLanes = 1
				_, err := j.run(t, ctx)
				if !hit.Load() {
					require.NoError(t, err)
					return // this direction has no such call
				}
				require.ErrorIs(t, err, reason)
				require.Empty(t, j.seen.failed, "nothing is wrong with the files")
				j.requireHonest(t, src, nil)
			})
		}
	})
}

// Cancelled at any moment: the cause comes back, and nothing is half in place.
func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			src := merged(sizes(), map[string]memfs.Node{"/d/e/f": sized(100)})
			j := newJob(upload, 2, src)
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			reason := errors.New("interrupted")
			var calls atomic.Int64
			at := rapid.Int64Range(1, 500).Draw(t, "call")
			count := func(memfs.Call) error {
				if calls.Add(1) == at {
					cancel(reason)
				}
				return nil
			}
			j.local.Hook = count
			_, err := j.run(t, ctx)
			if calls.Load() >= at {
				require.ErrorIs(t, err, reason)
			}
			require.Empty(t, j.seen.failed)
			j.requireHonest(t, src, nil)
		})
	})
}

func TestCancelledBefore(t *testing.T) {
	j := newJob(true, 2, sizes())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := j.run(t, ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, j.seen.failed)
}
