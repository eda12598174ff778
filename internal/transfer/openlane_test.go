package transfer

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// errFull is a server, or a pool, that has no room for a further lane.
var errFull = errors.New("no room")

// fullServer has room for so many lanes. A lane takes its place until the engine has closed it, and for a while more, in which the
// server has not noticed its end.
type fullServer struct {
	*job
	room int
	late time.Duration
	fate func(lane int, c memfs.Call) fate

	mu                  sync.Mutex
	made, placed, ended int
	noticed             chan struct{} // closed when it has noticed the end of a lane
}

// placedLane gives its place back when it is closed.
type placedLane struct {
	*testLane
	leave func()
}

func (l *placedLane) Close() error {
	l.leave()
	return l.testLane.Close()
}

// serve leads all lanes of a job to the server; the job begins with one.
func (s *fullServer) serve(t require.TestingT) {
	s.noticed = make(chan struct{})
	first, err := s.open(context.Background())
	require.NoError(t, err)
	s.lanes[0], s.opt.First = first.(*placedLane).testLane, first
	s.opt.OpenLane = s.open
}

func (s *fullServer) open(context.Context) (Lane, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.placed == s.room {
		return nil, errFull
	}
	s.placed++
	s.made++
	n := s.made
	l := newTestLane(s.remote, n, testBlock)
	l.fate = func(c memfs.Call) fate { return s.fate(n, c) }
	return &placedLane{l, sync.OnceFunc(s.leave)}, nil
}

func (s *fullServer) leave() {
	if s.late > 0 {
		time.AfterFunc(s.late, s.left)
		return
	}
	s.left()
}

func (s *fullServer) left() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.placed--
	s.ended++
	if s.ended == 1 {
		close(s.noticed)
	}
}

// slowObserver takes a while over each notice, and longer over some: by how they begin, until something has happened.
type slowObserver struct {
	*record
	until map[string]<-chan struct{}
}

func (o slowObserver) Notice(text string) {
	for begin, done := range o.until {
		if strings.HasPrefix(text, begin) {
			<-done
		}
	}
	time.Sleep(5 * time.Millisecond)
	o.record.Notice(text)
}

// shortPause is in place of the pauses between tries.
func shortPause(context.Context, time.Duration) error {
	time.Sleep(time.Millisecond)
	return nil
}

// A server counts a lane until it is closed, and refuses one more. So a lost lane is closed before another is opened.
func TestLostLaneIsClosedBeforeItIsReplaced(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := &fullServer{job: newJob(upload, 1, sizes()), room: 1, fate: func(n int, c memfs.Call) fate {
			if n == 1 && (c.Op == "read" || c.Op == "write") {
				return lostBefore
			}
			return well
		}}
		s.serve(t)
		s.opt.Observer, s.opt.Retries, s.opt.sleep = slowObserver{record: s.seen}, 2, shortPause // the first lane may be of no use
		_, err := s.run(t, t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, s.made)
		s.requireSame(t)
	})
}

// A refusal is not final where it came while a lost lane still took room: one of its calls has not come back.
func TestRefusedForTheRoomOfALostLane(t *testing.T) {
	s := &fullServer{job: newJob(true, 1, sizes()), room: 1, late: 5 * time.Millisecond}
	var writes atomic.Int64
	two := make(chan struct{})
	s.fate = func(n int, c memfs.Call) fate {
		if n != 1 || c.Op != "write" {
			return well
		}
		switch writes.Add(1) {
		case 1:
			<-two
			return lostBefore
		case 2:
			close(two)
			<-s.noticed
		}
		return well
	}
	s.serve(t)
	s.opt.Retries, s.opt.sleep = 0, shortPause
	_, err := s.run(t, t.Context())
	require.NoError(t, err)
	s.requireSame(t)
}

// A further lane that fails is no reason to end the copy, though the last lane is lost at that moment: it is replaced.
func TestLastLaneLostAsAFurtherOneFails(t *testing.T) {
	for name, failed := range map[string]error{"refused": errFull, "lost": errors.New("connection lost")} {
		t.Run(name, func(t *testing.T) {
			j := newJob(true, 3, sizes())
			j.opt.MaxLanes = 2
			further := make(chan struct{})
			j.lanes[0].fate = func(c memfs.Call) fate {
				if c.Op != "write" {
					return well
				}
				<-further
				return lostBefore
			}
			j.opt.Observer = slowObserver{j.seen, map[string]<-chan struct{}{"a further": j.lanes[0].closed}}
			j.opt.Retryable = func(err error) bool { return err != errFull }
			var once sync.Once
			j.opt.OpenLane = func(ctx context.Context) (l Lane, err error) {
				err = failed
				once.Do(func() { close(further) })
				if j.lanes[0].isClosed() {
					l, err = j.open(ctx)
				}
				return l, err
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			j.requireSame(t)
		})
	}
}

// A further lane fails after the last one was lost: it is tried again in its place, whatever the reason was.
func TestFurtherLaneRefusedAfterTheLoss(t *testing.T) {
	j := newJob(true, 2, sizes())
	var refused atomic.Bool
	j.loseFirst(func() (Lane, error) {
		if refused.CompareAndSwap(false, true) {
			return nil, errFull
		}
		return j.open(t.Context())
	})
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	j.requireSame(t)
}

// Whatever room the server has, whenever it notices that lanes have ended, and whenever they are lost, the copy ends well.
func TestLostLanesAndAFullServer(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			s := &fullServer{job: newJob(upload, 1, sizes()), room: rapid.IntRange(1, 3).Draw(t, "room"),
				late: time.Duration(rapid.IntRange(0, 3).Draw(t, "late")) * time.Millisecond}
			s.opt.MaxLanes = rapid.IntRange(1, 3).Draw(t, "lanes")
			calls := rapid.SliceOfN(rapid.Int64Range(1, 100), 1, 2).Draw(t, "lost at call")
			// Not at the very beginning again: what loses four lanes in a row counts as the reason.
			calls = append(calls, rapid.SliceOfN(rapid.Int64Range(30, 100), 0, 2).Draw(t, "then lost at call")...)
			seen := make([]atomic.Int64, len(calls))
			s.fate = func(n int, c memfs.Call) fate {
				if n <= len(calls) && seen[n-1].Add(1) == calls[n-1] {
					return lostBefore
				}
				return well
			}
			s.serve(t)
			s.opt.Retries, s.opt.sleep = 0, shortPause
			s.opt.Retryable = func(err error) bool { return errors.Is(err, errFull) || fsys.Lost(err) }
			_, err := s.run(t, context.Background())
			require.NoError(t, err)
			require.Empty(t, s.seen.failed)
			s.requireSame(t)
		})
	})
}
