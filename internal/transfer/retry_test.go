package transfer

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// endless gives a job as many lanes as it asks for, each with a fate, and counts them.
func (j *job) endless(what func(lane int64, c memfs.Call) fate) *atomic.Int64 {
	var opened atomic.Int64
	add := func() *testLane {
		n := opened.Add(1)
		l := newTestLane(j.remote, int(n), testBlock)
		l.fate = func(c memfs.Call) fate { return what(n, c) }
		return l
	}
	first := add()
	j.lanes[0] = first
	j.opt.First = first
	j.opt.OpenLane = func(context.Context) (Lane, error) { return add(), nil }
	return &opened
}

// A server that lets us in and drops each connection before it is of use is not dialled for ever, nor without pauses; the error
// says why the last one was lost.
func TestLanesThatAreOfNoUse(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for retries, most := range map[int]time.Duration{0: time.Hour, 3: 10 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				j := newJob(upload, 1, sizes())
				j.opt.Retries, j.opt.RetryTimeout = retries, 10*time.Minute
				var walked atomic.Int64 // the last lane that the walk used, and so the last that may have been of use
				opened := j.endless(func(lane int64, c memfs.Call) fate {
					if c.Op == "open" || c.Op == "create" {
						return lostBefore
					}
					raise(&walked, lane)
					return well
				})
				_, err := j.run(t, t.Context())
				require.ErrorIs(t, err, ErrNoLane)
				require.ErrorContains(t, err, "connection lost")
				took := time.Since(begun)
				require.Greater(t, took, time.Second)
				require.Less(t, took, most)
				if retries > 0 {
					require.GreaterOrEqual(t, opened.Load(), int64(retries))
					require.LessOrEqual(t, opened.Load(), walked.Load()+int64(retries))
				} else {
					require.Greater(t, took, j.opt.RetryTimeout)
					require.Less(t, opened.Load(), int64(100))
				}
			})
		}
	})
}

// A lane that is lost while it shows that it sees the same files is a try that failed, whatever is said of dialling.
func TestLaneLostInItsProof(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(upload, 1, sizes())
			j.opt.Retries = 3
			var calls atomic.Int64
			opened := j.endless(func(lane int64, c memfs.Call) fate {
				switch {
				case lane == 1 && calls.Add(1) == 2*filesNear, lane == 2:
					return lostBefore
				}
				return well
			})
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Zero(t, sum.Failed)
			require.EqualValues(t, 3, opened.Load())
			j.requireSame(t)
		})
	})
}

// One that makes some way before each connection is lost ends the copy all the same, and without a pause.
func TestLanesThatMakeSomeWay(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			j := newJob(upload, 1, sizes())
			j.opt.Retries = 1
			var calls [100]atomic.Int64 // of each lane: more than it makes at once, so that some have been answered
			opened := j.endless(func(lane int64, c memfs.Call) fate {
				if calls[lane].Add(1) == 2*filesNear {
					return lostAfter
				}
				return well
			})
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Zero(t, sum.Failed)
			require.Greater(t, opened.Load(), int64(2), "lanes were lost")
			j.requireSame(t)
			require.Less(t, time.Since(begun), time.Second)
		})
	})
}

// Dialling that fails is tried again after growing pauses, until the server is back.
func TestServerComesBack(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			j := newJob(upload, 1, sizes())
			j.opt.Retries, j.opt.RetryTimeout = 0, 10*time.Minute
			j.opt.Retryable = func(error) bool { return true }
			j.endless(func(n int64, c memfs.Call) fate {
				if n == 1 && (c.Op == "read" || c.Op == "write") {
					return lostBefore
				}
				return well
			})
			open, dials := j.opt.OpenLane, 0
			j.opt.OpenLane = func(ctx context.Context) (Lane, error) {
				if dials++; time.Since(begun) < 5*time.Minute {
					return nil, errors.New("refused")
				}
				return open(ctx)
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			j.requireSame(t)
			require.Less(t, dials, 40)
			require.Greater(t, dials, 10)
		})
	})
}

// The answer to a rename is lost, and the next lane as well while it looks whether the rename was done.
func TestRenameLostTwice(t *testing.T) {
	for _, size := range []int{0, 9, 5000} {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(true, 1, map[string]memfs.Node{"/f": sized(size)})
			j.opt.Retries = 5
			j.endless(func(n int64, c memfs.Call) fate {
				switch {
				case n == 1 && c.Op == "rename":
					return lostAfter
				case n == 2 && c.Op == "stat" && c.Path == "/dst/f":
					return lostBefore
				}
				return well
			})
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Zero(t, sum.Failed, "%v", j.seen.failed)
			j.requireSame(t)
		})
	}
}
