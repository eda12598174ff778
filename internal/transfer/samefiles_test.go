package transfer

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
)

// machines has every second lane of a job lead to another machine, which lets nobody through but those that it looks like.
func machines(j *job, elsewhere *memfs.FS) {
	for i, l := range j.lanes {
		if i%2 == 1 {
			l.to = elsewhere
		}
	}
	j.opt.Retryable = func(err error) bool { return !errors.Is(err, errNoMore) }
	j.opt.Retries = 3
}

// twin is another machine with the same tree, but for the content of files.
func twin(of *memfs.FS) *memfs.FS {
	tree := of.Tree()
	for p, n := range tree {
		if n.Mode.IsRegular() {
			n.Data = strings.Repeat("z", len(n.Data))
			tree[p] = n
		}
	}
	return memfs.New("remote", tree)
}

// requireUntouched checks that a machine got nothing.
func requireUntouched(t *testing.T, f *memfs.FS, before map[string]memfs.Node) {
	require.Equal(t, before, f.Tree())
}

func requireNoFiles(t *testing.T, f *memfs.FS) {
	for p, n := range f.Tree() {
		require.True(t, n.Mode.IsDir(), p)
	}
}

// Further lanes to another machine are not used: the copy is whole on the first one, with one line for the user.
func TestFurtherLaneToAnotherMachine(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for name, set := range map[string]func(*Options){
			"plain": func(*Options) {}, "verified": func(o *Options) { o.Verify = &Verify{} },
			"in place": func(o *Options) { o.InPlace = true }, "preserved": func(o *Options) { o.Preserve = true },
		} {
			t.Run(name, func(t *testing.T) {
				j := newJob(upload, 4, sizes())
				elsewhere := twin(j.remote)
				before := elsewhere.Tree()
				machines(j, elsewhere)
				set(&j.opt)
				j.lanes[0].fate = func(c memfs.Call) fate {
					if c.Op == "write" || c.Op == "read" && c.Off > 0 {
						<-j.seen.noticed // there is work left until another lane has come
					}
					return well
				}
				_, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Empty(t, j.seen.failed)
				require.Len(t, j.seen.notices, 1)
				require.Contains(t, j.seen.notices[0], "another machine")
				j.requireSame(t)
				j.requireNoParts(t)
				requireUntouched(t, elsewhere, before)
			})
		}
	})
}

// Where the only lane is lost, one to another machine does not replace it, whenever that is; the next one to the first machine does.
func TestLostLaneIsNotReplacedByAnotherMachine(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for call := int64(1); call < 150; call += 3 {
			for _, what := range []fate{lostBefore, lostAfter} {
				j := newJob(upload, 3, sizes())
				elsewhere := twin(j.remote)
				before := elsewhere.Tree()
				machines(j, elsewhere)
				j.opt.MaxLanes, j.opt.sleep = 1, noSleep
				j.opt.Journal = newLog(t)
				j.strike(call, what, 0)
				_, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Empty(t, j.seen.failed)
				switch { // to the other machine only where nothing had come to the first, or from it
				case upload && len(elsewhere.Tree()) > len(before):
					requireNoFiles(t, j.remote)
					j.remote = elsewhere
				case !upload && strings.HasPrefix(j.local.Tree()["/dst/fb"].Data, "z"):
					j.remote = elsewhere
				case upload:
					requireUntouched(t, elsewhere, before)
				}
				j.requireSame(t)
				j.requireNoParts(t)
			}
		}
	})
}

// A copy whose first machine does not answer any more ends, and what it has copied stays.
func TestOnlyAnotherMachineAnswers(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, sizes())
		elsewhere := twin(j.remote)
		before := elsewhere.Tree()
		machines(j, elsewhere)
		j.opt.MaxLanes, j.opt.Retries, j.opt.sleep = 1, 1, noSleep
		j.opt.Journal = newLog(t)
		j.strike(60, lostBefore, 0)
		_, err := j.run(t, t.Context())
		require.ErrorIs(t, err, ErrNoLane)
		require.ErrorAs(t, err, new(*OtherFilesError))
		requireUntouched(t, elsewhere, before)
	})
}

// A copy over one lane makes no marker, and asks nothing that it would wait for.
func TestOneLaneMakesNoMarker(t *testing.T) {
	j := newJob(true, 1, sizes())
	j.remote.Hook = func(c memfs.Call) error {
		require.False(t, strings.HasPrefix(path.Base(c.Path), ".mscp."), c)
		return nil
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	j.requireSame(t)
}

// Where no marker can be made, lanes are compared by what they see; where that tells nothing, none is added.
func TestNoMarkerCanBeMade(t *testing.T) {
	for name, numbers := range map[string][2]uint64{"same": {7, 7}, "other": {7, 8}, "not known": {0, 0}} {
		t.Run(name, func(t *testing.T) {
			j := newJob(true, 2, map[string]memfs.Node{"/f": sized(9 * testChunk)})
			j.remote.Put("/dst/f", sized(9*testChunk))
			elsewhere := twin(j.remote)
			for i, side := range []*memfs.FS{j.remote, elsewhere} {
				side.Free = &fsys.Space{Number: numbers[i]}
				side.Hook = func(c memfs.Call) error {
					if strings.HasPrefix(path.Base(c.Path), ".mscp.") {
						return fs.ErrPermission
					}
					return nil
				}
			}
			machines(j, elsewhere)
			j.opt.InPlace, j.opt.Where = true, "/"
			used := false
			j.lanes[1].fate = func(c memfs.Call) fate {
				used = used || c.Op == "write"
				return lostBefore
			}
			if name == "same" {
				j.lanes[1].to, j.lanes[1].fate = j.remote, nil
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.False(t, used)
			j.requireSame(t)
		})
	}
}

// A rerun that lands on another machine begins anew there, and one that comes back to the first machine does not take the file that lies
// there for the one that the journal tells of.
func TestRerunOnAnotherMachine(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		s := newStory(t.TempDir(), true, map[string]memfs.Node{"/f": sized(9 * testChunk), "/g": sized(9)})
		first, second := s.remote, memfs.New("remote", map[string]memfs.Node{"/dst/f": sized(9 * testChunk)})
		first.Free, second.Free = &fsys.Space{Number: 1}, &fsys.Space{Number: 2}
		s.set = func(o *Options) { o.InPlace, o.Where = inPlace, "/" }
		for _, at := range []*memfs.FS{first, second} {
			s.remote = at
			_, err := s.run(t, 1, after(1), end{cancelled, 40})
			require.Error(t, err)
		}
		s.remote = first
		_, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Empty(t, s.job.seen.failed)
		s.job.requireSame(t)
	}
}

func noSleep(context.Context, time.Duration) error { return nil }

func newLog(t *testing.T) *journal.Journal {
	log, _, err := journal.Open(path.Join(t.TempDir(), "journal"), after(1))
	require.NoError(t, err)
	require.NoError(t, log.Begin([]byte("job")))
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	return log
}
