package transfer

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
)

// ordered tells whether the copy has found out that the server takes files only in order.
func (j *job) ordered() bool {
	j.seen.mu.Lock()
	defer j.seen.mu.Unlock()
	return j.noticed(inOrderNotice) > 0
}

// await waits until something is so, or the server is known.
func (j *job) await(so func() bool) {
	for !so() && !j.ordered() {
		time.Sleep(time.Millisecond)
	}
}

// event is something that happens once.
type event struct {
	once sync.Once
	done chan struct{}
}

func newEvent() *event    { return &event{done: make(chan struct{})} }
func (e *event) happens() { e.once.Do(func() { close(e.done) }) }

func (e *event) happened() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// partSize is how long the partial file of name is.
func (j *job) partSize(name string) (size int) {
	for p, n := range j.remote.Tree() {
		if isPart(p, name) {
			size = max(size, len(n.Data))
		}
	}
	return size
}

// An OPEN empties the file behind the back of a lane that goes on in order, and whoever sent it is lost before its first WRITE: no request is
// ever refused, and the size is right in the end.
func TestEmptiedUnseen(t *testing.T) {
	const block = testChunk / 2
	j := newJob(true, 2, map[string]memfs.Node{"/f": sized(testChunk + 1)})
	begun, opened, goesOn := newEvent(), newEvent(), newEvent()
	for _, l := range j.lanes {
		l.whole, l.block = true, block
	}
	j.opt.Inflight = 2
	open := j.opt.OpenLane
	j.opt.OpenLane = func(ctx context.Context) (Lane, error) {
		j.await(begun.happened)
		return open(ctx)
	}
	j.lanes[0].fate = func(c memfs.Call) fate {
		switch {
		case c.Op == "create":
			begun.happens()
		case c.Op != "write" || c.Len < block && c.Off < testChunk:
		case c.Off == 0:
			j.await(opened.happened) // the other lane has the second chunk
		case c.Off == block:
			j.await(goesOn.happened) // this lane has got it
		case c.Off == testChunk:
			goesOn.happens()
			j.await(func() bool { return j.partSize("f") == testChunk })
		}
		return well
	}
	j.lanes[1].fate = func(c memfs.Call) fate {
		switch {
		case c.Op == "create":
			opened.happens()
			j.await(func() bool { return j.partSize("f") == block })
		case c.Op == "write":
			return lostBefore
		}
		return well
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Empty(t, j.seen.failed)
	j.requireSame(t)
}

// unsureLane is one to a server without fsync, which may empty files at each OPEN for writing.
type unsureLane struct {
	*testLane
	empties bool
}

type unsureFS struct {
	*laneFS
	empties bool
}

func (l *unsureLane) FS() Remote { return &unsureFS{(*laneFS)(l.testLane), l.empties} }

func (f *unsureFS) CanSync() bool { return false }

func (f *unsureFS) Create(name string, perm fs.FileMode, truncate bool) (fsys.File, error) {
	return f.laneFS.Create(name, perm, truncate || f.empties)
}

func (f *unsureFS) Edit(name string) (fsys.File, error) {
	if f.empties {
		return f.Create(name, 0o600, true)
	}
	return f.laneFS.Edit(name)
}

// unsure makes all lanes such.
func unsure(empties bool) func(*Options) {
	return func(o *Options) {
		open := o.OpenLane
		o.First = &unsureLane{o.First.(*testLane), empties}
		o.OpenLane = func(ctx context.Context) (Lane, error) {
			l, err := open(ctx)
			if err != nil {
				return nil, err
			}
			return &unsureLane{l.(*testLane), empties}, nil
		}
	}
}

// A server that empties a file at each OPEN and takes every block, in any order, shows it by no refusal at all.
func TestServerThatEmptiesAndTakesAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := newJob(true, 3, sizes())
		unsure(true)(&j.opt)
		what := rapid.SampledFrom([]fate{lostBefore, lostAfter}).Draw(t, "fate")
		j.strike(rapid.Int64Range(1, 300).Draw(t, "first"), what, 1)
		j.strike(rapid.Int64Range(1, 300).Draw(t, "second"), what, 2)
		_, err := j.run(t, context.Background())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
		j.requireNoParts(t)
		require.Equal(t, 1, j.noticed(inOrderNotice))
	})
}

// A lost lane's server carries out its OPEN when another lane is in the middle of the file, or of a small one has written all.
func TestEmptiedLate(t *testing.T) {
	for _, size := range []int{testBlock, testChunk} {
		for _, op := range []string{"create", "write", "close"} {
			for _, what := range []fate{lostBefore, lostAfter} {
				j := newJob(true, 2, map[string]memfs.Node{"/f": sized(size)})
				j.opt.MaxLanes = 1 // the other one replaces the first
				var part string    // what the lost lane had opened, or was about to
				j.lanes[0].whole, j.lanes[1].whole = true, true
				j.lanes[0].fate = func(c memfs.Call) fate {
					if c.Op != op || size > testBlock && !j.ordered() {
						return well // the trial's
					}
					part = c.Path
					return what
				}
				j.lanes[1].fate = func(c memfs.Call) fate {
					if c.Op == "write" && c.Off == int64(size/2) || c.Op == "fsetattr" || c.Op == "rename" {
						h, err := j.remote.Create(part, 0o600, true)
						require.NoError(t, err)
						require.NoError(t, h.Close())
					}
					return well
				}
				_, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Empty(t, j.seen.failed)
				require.NotEmpty(t, part)
				j.requireSame(t)
				j.requireNoParts(t)
			}
		}
	}
}

// Whatever becomes of the lane that tries the server, the file is copied, and nothing stays.
func TestTrialFails(t *testing.T) {
	for call := int64(1); call < 20; call++ {
		for _, what := range []fate{lostBefore, lostAfter, refused} {
			for _, whole := range []bool{false, true} {
				j := newJob(true, 2, map[string]memfs.Node{"/f": sized(3 * testChunk)})
				j.opt.MaxLanes = 1
				j.lanes[0].whole, j.lanes[1].whole = whole, whole
				unsure(false)(&j.opt)
				var calls atomic.Int64
				j.lanes[0].fate = func(c memfs.Call) fate {
					if j.partSize("f") < testBlock && strings.HasSuffix(c.Path, partSuffix) {
						if calls.Add(1) == call {
							return what
						}
					}
					return well
				}
				_, err := j.run(t, t.Context())
				require.NoError(t, err)
				if len(j.seen.failed) == 0 {
					j.requireSame(t)
				} else {
					require.Equal(t, refused, what)
				}
				j.requireNoParts(t)
			}
		}
	}
}

// A server without fsync that keeps what a file holds gets its chunks over all lanes, goes on where a run stopped, and is tried once.
func TestServerThatKeeps(t *testing.T) {
	s := stopped(t, true, data(testChunk), testChunk)
	s.source().Put("/src/g", memfs.Node{Mode: 0o640, Data: data(3 * testChunk), ModTime: planned})
	s.set = unsure(false)
	var mu sync.Mutex
	created := map[string]int{}
	s.first = func(c memfs.Call) bool {
		if c.Op == "create" {
			mu.Lock()
			defer mu.Unlock()
			created[c.Path]++
		}
		return false
	}
	sum, err := s.run(t, 1, after(1), end{})
	require.NoError(t, err)
	require.EqualValues(t, testChunk, sum.Kept)
	require.Empty(t, s.job.seen.notices)
	s.job.requireSame(t)
	require.Empty(t, s.parts())
	require.Len(t, created, 2, "g's own, and the one that the server was tried with")
}

// One that lets no file be made there is not judged by it: the file fails.
func TestTrialForbidden(t *testing.T) {
	j := newJob(true, 1, map[string]memfs.Node{"/a": sized(3 * testChunk), "/b/f": sized(3 * testChunk)})
	unsure(false)(&j.opt)
	j.remote.Hook = func(c memfs.Call) error {
		if c.Op == "create" && isPart(c.Path, "a") {
			return errRefused
		}
		return nil
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, j.seen.failed["/src/a"], errRefused)
	require.Contains(t, j.seen.copied, "/src/b/f")
	require.Empty(t, j.seen.notices)
}

// What an earlier run has left is started over, whichever of it is missing: the beginning, too.
func TestResumedWhereOpenEmpties(t *testing.T) {
	s := stopped(t, true, data(3*testChunk), 0)
	e, f := s.file(t, "/f")
	log, _, err := journal.Open(s.path(), after(1))
	require.NoError(t, err)
	require.NoError(t, log.File(journal.File{Key: f.key, Src: f.Dst, Part: e.below(f.part)}))
	log.Acked(f.key, testChunk, testChunk)
	require.NoError(t, log.Close())
	s.set = unsure(true)
	sum, err := s.run(t, 1, after(1), end{})
	require.NoError(t, err)
	require.Empty(t, s.job.seen.failed)
	require.Zero(t, sum.Kept)
	require.EqualValues(t, 3*testChunk, sum.Bytes)
	s.job.requireSame(t)
	require.Empty(t, s.parts())
}

// A file that was sent in order and differs is sent anew, once: to send one block again would empty it.
func TestDifferenceInOrder(t *testing.T) {
	for _, times := range []int{1, 1000} {
		j := newJob(true, 1, map[string]memfs.Node{"/bad": sized(3 * testChunk)})
		j.lanes[0].whole = true
		j.opt.Verify = &Verify{}
		spoilt := 0
		j.lanes[0].fate = func(c memfs.Call) fate {
			if c.Op == "close" && isPart(c.Path, "bad") && j.partSize("bad") == 3*testChunk && spoilt < times {
				spoilt++
				n := j.remote.Tree()[absolute(c.Path)]
				n.Data = "?" + n.Data[1:]
				j.remote.Put(c.Path, n)
			}
			return well
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		if times > 1 {
			require.ErrorAs(t, j.seen.failed["/src/bad"], new(*VerifyError))
			j.requireNoParts(t)
			continue
		}
		require.Empty(t, j.seen.failed)
		require.Equal(t, 1, j.noticed(`"/src/bad": the copy differs`))
		j.requireSame(t)
	}
}

// A file of which something is to be found out first is worth as many lanes as any other, once that is known; a second time adds nothing.
func TestQueueCountsWhatIsFoundOut(t *testing.T) {
	q := newQueue()
	f := &file{chunk: testChunk}
	f.Info.Size = 5 * testChunk
	require.True(t, q.push(f))
	s, ok := q.pop(func() bool { return false })
	require.True(t, ok)
	require.Equal(t, begin, s.kind)
	for range 2 {
		f.do(f.all())
		q.next(f)
		require.EqualValues(t, 5, q.allChunks)
		for range 5 {
			q.pop(func() bool { return false })
		}
		require.Zero(t, q.chunks)
	}
}
