package transfer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
)

// gate holds the opening of files on the lanes until n lanes are open.
func (j *job) gate(n int) {
	enough := make(chan struct{})
	open := j.opt.OpenLane
	var opened atomic.Int64
	opened.Store(1)
	j.opt.OpenLane = func(ctx context.Context) (Lane, error) {
		l, err := open(ctx)
		if opened.Add(1) == int64(n) {
			close(enough)
		}
		return l, err
	}
	for _, l := range j.lanes {
		l.fate = func(c memfs.Call) fate {
			if c.Op == "create" || c.Op == "open" {
				<-enough
			}
			return well
		}
	}
}

func TestLanesNeverExceedTheirMaximum(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 5, sizes())
		j.opt.MaxLanes = 3
		j.gate(3)
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, j.opened)
		require.LessOrEqual(t, j.opt.Counters.MaxConns.Load(), int64(3))
		j.requireSame(t)
	})
}

// Two chunks keep two lanes busy: a third would find nothing.
func TestNoMoreLanesThanWork(t *testing.T) {
	for name, tc := range map[string]struct {
		src  map[string]memfs.Node
		most int
	}{
		"two chunks":        {map[string]memfs.Node{"/f": sized(2 * testChunk)}, 2},
		"one chunk":         {map[string]memfs.Node{"/f": sized(testChunk)}, 1},
		"a few small files": {map[string]memfs.Node{"/a": sized(1), "/b": sized(2), "/c": sized(3)}, 1},
		"nothing":           {nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(true, 9, tc.src)
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.LessOrEqual(t, j.opened, tc.most)
			j.requireSame(t)
		})
	}
}

// Without Eager a small job is done before a second login would be, and opens no second lane.
func TestSmallJobOpensOneLane(t *testing.T) {
	j := newJob(true, 3, sizes())
	j.opt.Eager, j.opt.Login = false, time.Hour
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, j.opened)
	j.requireSame(t)
}

func TestLaneThatPays(t *testing.T) {
	j := newJob(true, 3, sizes())
	j.opt.Eager, j.opt.Login = false, time.Nanosecond
	j.gate(2)
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, j.opened, 2)
	j.requireSame(t)
}

// Over a long distance it is known from the start that one lane would take longer than a login.
func TestLaneThatPaysFromTheStart(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			many := make(map[string]memfs.Node)
			for i := range 3 * filesPerLane {
				many[fmt.Sprintf("/f%d", i)] = sized(1)
			}
			j := newJob(upload, 2, many)
			j.opt.Eager, j.opt.Login = false, 5*time.Second
			for _, l := range j.lanes {
				l.rtt = time.Second
			}
			j.gate(2)
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Less(t, time.Since(begun), j.opt.Login)
			j.requireSame(t)
		})
	})
}

// A file of n windows takes n round trips, a small one three, of which as many go on at once as there are workers.
func TestAlone(t *testing.T) {
	l := newTestLane(nil, 0, testBlock)
	e := &engine{Options: Options{First: l, Counters: &Counters{}, Inflight: 10}}
	e.Counters.BytesKnown.Store(100 * window)
	e.Counters.FilesKnown.Store(20)
	require.Zero(t, e.alone(), "nothing is known of the round trip")
	l.rtt = 10 * time.Millisecond
	require.Equal(t, 1060*time.Millisecond, e.alone().Round(time.Millisecond))
	e.Counters.Bytes.Store(99 * window)
	e.Counters.Files.Store(20)
	require.Equal(t, 10*time.Millisecond, e.alone().Round(time.Millisecond), "what is left")
	e.Counters.BytesKnown.Store(math.MaxInt64)
	require.Positive(t, e.alone(), "no overflow")
	e.State = &journal.State{}
	require.Zero(t, e.alone(), "an earlier run may have copied it")
}

func TestEstimate(t *testing.T) {
	require.Zero(t, estimate(7, 7, time.Second))
	require.Equal(t, time.Second, estimate(5, 10, time.Second))
	require.Greater(t, estimate(0, math.MaxInt64, time.Hour), 24*time.Hour, "no overflow")
}

// A login that hangs does not keep a copy that is done.
func TestLoginThatHangs(t *testing.T) {
	j := newJob(false, 1, sizes())
	j.opt.MaxLanes = 4
	j.opt.OpenLane = func(ctx context.Context) (Lane, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Empty(t, j.seen.notices)
	j.requireSame(t)
}

// A lane that is refused ends the copy where none is left and there is work, and only there: when the work is done all lanes close.
func TestLaneRefused(t *testing.T) {
	for _, done := range []bool{false, true} {
		var stopped error
		e := &engine{
			Options: Options{OpenLane: func(context.Context) (Lane, error) { return nil, errNoMore }, Observer: newRecord(), Counters: &Counters{}},
			queue:   newQueue(), lanes: newLanes(), stop: func(err error) { stopped = err },
		}
		if done {
			e.queue.walkEnded()
		}
		e.lanes.opening = 1
		e.openLane(t.Context(), false)
		if done {
			require.NoError(t, stopped)
		} else {
			require.ErrorIs(t, stopped, ErrNoLane)
			require.ErrorIs(t, stopped, errNoMore)
		}
	}
}

// One lane for each chunk, the first lane's own included, though it has not taken it yet.
func TestWantLane(t *testing.T) {
	e := &engine{Options: Options{MaxLanes: 3}, lanes: newLanes()}
	e.lanes.live = 1
	for _, tc := range []struct {
		waiting, all int64
		pays, open   bool
	}{{1, 1, true, false}, {2, 2, false, false}, {2, 2, true, true}, {2, 2, true, false}, {9, 9, true, true}, {9, 9, true, false}} {
		_, open := e.wantLane(tc.waiting, tc.all, tc.pays)
		require.Equal(t, tc.open, open, "%+v", tc)
	}
}

// loseFirst loses the first lane at its first write, once another is being opened; that one opens after the loss.
func (j *job) loseFirst(then func() (Lane, error)) {
	opening := make(chan struct{})
	j.lanes[0].fate = func(c memfs.Call) fate {
		if c.Op != "write" {
			return well
		}
		<-opening
		return lostBefore
	}
	var once sync.Once
	j.opt.OpenLane = func(context.Context) (Lane, error) {
		once.Do(func() { close(opening) })
		<-j.lanes[0].closed
		return then()
	}
	j.opt.MaxLanes = 2
}

func TestLaneOpenedAfterTheLoss(t *testing.T) {
	j := newJob(true, 2, sizes())
	j.loseFirst(func() (Lane, error) { return j.open(t.Context()) })
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Empty(t, j.seen.failed)
	j.requireSame(t)
}

func TestEveryLaneRefused(t *testing.T) {
	j := newJob(true, 1, sizes())
	j.loseFirst(func() (Lane, error) { return nil, errors.New("refused") })
	_, err := j.run(t, t.Context())
	require.ErrorIs(t, err, ErrNoLane)
	require.Empty(t, j.seen.copied)
}

// -a bounds the requests for data, whatever their size, and so many are on their way.
func TestInflight(t *testing.T) {
	for _, n := range []int{1, 4, 1000} {
		j := newJob(true, 1, map[string]memfs.Node{"/f": sized(2 * filesPerLane * testBlock)})
		j.opt.Inflight = n
		want := int64(min(n, filesPerLane))
		var now, most atomic.Int64
		enough := make(chan struct{})
		var once sync.Once
		j.remote.Hook = func(c memfs.Call) error {
			if c.Op == "write" {
				at := now.Add(1)
				raise(&most, at)
				if at == want {
					once.Do(func() { close(enough) })
				}
				<-enough
				now.Add(-1)
			}
			return nil
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Equal(t, want, most.Load())
	}
}

// A whole window is on its way, whatever the server's block.
func TestInflightFillsTheWindow(t *testing.T) {
	var o Options
	for _, block := range []int{32 << 10, 64 << 10, 255 << 10, 1 << 20, 4 << 20} {
		require.GreaterOrEqual(t, o.inflight(block)*block, window)
	}
}

// Small files over a long distance need many workers; the server's limit of open files and -a bound them.
func TestWorkers(t *testing.T) {
	for name, tc := range map[string]struct {
		inflight, handles int
		rtt               time.Duration
		want              int
	}{
		"near":                       {0, 1 << 10, 0, filesNear},
		"far":                        {0, 1 << 10, 20 * time.Millisecond, 300},
		"very far":                   {0, 1 << 12, time.Second, filesPerLane},
		"few handles":                {0, 100, time.Second, 75},
		"one handle":                 {0, 1, time.Second, 1},
		"handles not said":           {0, 0, time.Second, filesNear},
		"asked for":                  {7, 1 << 10, time.Second, 7},
		"more asked for than served": {100, 8, 0, 6},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Inflight: tc.inflight}
			l := newTestLane(nil, 0, testBlock)
			l.rtt, l.handles = tc.rtt, tc.handles
			require.Equal(t, tc.want, o.workers(l.FS()))
		})
	}
}
