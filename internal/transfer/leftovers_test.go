package transfer

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/plan"
)

// ours tells a name that the program makes for itself.
func ours(p string) bool {
	return strings.HasSuffix(p, partSuffix) || strings.Contains(p, ".mscp-probe-")
}

// changes are the calls that change what a directory holds, or its times, in their order.
type changes struct {
	mu   sync.Mutex
	all  []memfs.Call
	then func(memfs.Call) error // nil: nothing more
}

func (c *changes) hook(call memfs.Call) error {
	c.mu.Lock()
	switch call.Op {
	case "create", "mkdir", "remove", "rename", "setattr":
		call.Path = absolute(call.Path)
		c.all = append(c.all, call)
	}
	c.mu.Unlock()
	if c.then != nil {
		return c.then(call)
	}
	return nil
}

// requireTimesLast checks that nothing was made in a directory, or removed from it, after its times were set.
func (c *changes) requireTimesLast(t *testing.T, dirs ...string) {
	for _, dir := range dirs {
		changed, set := -1, -1
		for i, call := range c.all {
			if call.Op == "setattr" && call.Path == dir {
				set = i
			} else if path.Dir(call.Path) == dir {
				changed = i
			}
		}
		require.Greater(t, set, changed, "%s: %v", dir, c.all)
	}
}

// isMarker tells the marker of further lanes.
func isMarker(p string) bool { return strings.HasPrefix(path.Base(p), ".mscp.") }

// A further lane that comes when the root has its times makes no marker there.
func TestNoMarkerAfterTheTimes(t *testing.T) {
	j := newJob(true, 2, map[string]memfs.Node{"/f": sized(2 * testChunk), "/g": sized(testChunk)})
	j.opt.Preserve = true
	marked, finishing, shown := newEvent(), newEvent(), newEvent()
	j.lanes[0].fate = func(c memfs.Call) fate {
		if c.Op == "write" {
			<-marked.done
		}
		return well
	}
	var asked atomic.Bool
	j.lanes[1].fate = func(c memfs.Call) fate {
		if c.Op == "lstat" && isMarker(c.Path) {
			<-finishing.done
		}
		if asked.Swap(true) {
			shown.happens()
		}
		return well
	}
	seen := &changes{then: func(c memfs.Call) error {
		switch {
		case c.Op == "create" && isMarker(c.Path):
			if finishing.happened() {
				shown.happens()
			}
			marked.happens()
		case c.Op == "setattr" && absolute(c.Path) == "/dst":
			finishing.happens()
			select {
			case <-shown.done:
			case <-j.lanes[1].closed: // it is not used
			}
		}
		return nil
	}}
	j.remote.Hook = seen.hook
	j.runRoot(t)
	j.requireSame(t)
	j.requireNoParts(t)
	seen.requireTimesLast(t, "/dst")
}

// The lane that removes the marker is lost: whether its server has removed it, does so late or never, the root's times are set after that.
func TestMarkerRemovedLast(t *testing.T) {
	for name, what := range map[string]fate{"done": lostAfter, "never": lostBefore, "late": lostBefore} {
		for _, mode := range []fs.FileMode{0o750, 0o500} {
			t.Run(name, func(t *testing.T) {
				j := newJob(true, 4, map[string]memfs.Node{"/": {Mode: fs.ModeDir | mode, ModTime: planned}, "/f": sized(9 * testChunk), "/g": sized(testChunk)})
				j.opt.Preserve = true
				marked := newEvent()
				var struck, late sync.Once
				var left string
				for _, l := range j.lanes {
					l.fate = func(c memfs.Call) (is fate) {
						if c.Op == "write" {
							<-marked.done
						}
						if c.Op == "remove" && isMarker(c.Path) {
							struck.Do(func() { is, left = what, c.Path })
						}
						return is
					}
				}
				seen := &changes{}
				seen.then = func(c memfs.Call) error {
					if c.Op == "create" && isMarker(c.Path) {
						marked.happens()
					}
					if c.Op == "setattr" && absolute(c.Path) == "/dst" && name == "late" {
						late.Do(func() { _ = j.remote.Remove(left) })
					}
					if c.Op == "remove" && c.Path != left && j.remote.Tree()["/dst"].Mode&0o200 == 0 {
						return fs.ErrPermission
					}
					return nil
				}
				j.remote.Hook = seen.hook
				j.runRoot(t)
				require.NotEmpty(t, left)
				j.requireNoParts(t)
				j.requireSame(t)
				seen.requireTimesLast(t, "/dst")
			})
		}
	}
}

// runRoot has /src become the new directory /dst, which is the root.
func (j *job) runRoot(t require.TestingT) {
	info, err := j.source().Stat("/src")
	require.NoError(t, err)
	j.remote.Put("/dst", memfs.Node{Mode: fs.ModeDir | info.Mode.Perm() | 0o700})
	j.opt.Root, j.opt.RootMade = "/dst", true
	_, err = Run(context.Background(), j.opt, func(ctx context.Context, src fsys.FS, sink plan.Sink) error {
		return plan.Walk(ctx, src, []plan.Item{{Src: "/src", Info: info}}, 3, sink)
	})
	require.NoError(t, err)
	require.Empty(t, j.seen.failed)
}

// A file that an earlier run began and that is gone from the source leaves its directory before that gets its times.
func TestGoneFileIsForgottenBeforeTheTimes(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		tree := map[string]memfs.Node{"/d/f": sized(9 * testChunk), "/d/g": sized(3), "/e/h": sized(3)}
		var s *story
		for call := int64(40); s == nil || len(s.parts()) == 0; call += 7 {
			s = newStory(t.TempDir(), upload, tree)
			s.set = func(o *Options) { o.Preserve = true }
			_, _ = s.run(t, 1, after(1), end{cancelled, call})
		}
		require.NoError(t, s.source().Remove("/src/d/f"))
		seen := &changes{}
		s.first = func(c memfs.Call) bool { _ = seen.hook(c); return false }
		_, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Empty(t, s.parts())
		seen.requireTimesLast(t, "/dst/d", "/dst/e", "/dst")
	})
}

// A run that is killed at any moment leaves nothing that the next one does not remove: no marker, no probe, no trial file.
func TestNothingOfOursIsLeft(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"sure": func(*Options) {}, "careful": unsure(false), "empties": unsure(true),
	} {
		both(t, func(t *testing.T, upload bool) {
			t.Run(name, func(t *testing.T) {
				tree := map[string]memfs.Node{"/d/A": sized(3), "/d/a": sized(3), "/d/é": sized(5), "/d/e\u0301": sized(5), "/f": sized(3 * testChunk)}
				make := func() *story {
					s := newStory(t.TempDir(), upload, tree)
					s.dest().Fold = func(n string) string { return strings.ReplaceAll(n, "e\u0301", "é") }
					s.set = func(o *Options) { o.Preserve = true; set(o) }
					return s
				}
				found := 0
				for _, call := range callsOfOurs(t, make()) {
					s := make()
					_, _ = s.run(t, 2, after(1<<30), end{dies, call})
					found += s.ours()
					_, err := s.run(t, 2, after(1<<30), end{})
					require.NoError(t, err)
					require.Zero(t, s.ours(), "after a kill at call %d", call)
				}
				require.Positive(t, found, "something was left meanwhile")
			})
		})
	}
}

// ours counts what the program has made for itself.
func (s *story) ours() (n int) {
	for p := range s.dest().Tree() {
		if ours(p) {
			n++
		}
	}
	return n
}

// callsOfOurs are the numbers of calls that concern what a run makes for itself, and of those that follow them.
func callsOfOurs(t *testing.T, s *story) (calls []int64) {
	n := int64(0)
	s.first = func(c memfs.Call) bool {
		if n++; ours(c.Path) && !strings.HasPrefix(path.Base(c.Path), ".f.") {
			calls = append(calls, n, n+1)
		}
		return false
	}
	_, err := s.run(t, 2, after(1<<30), end{})
	require.NoError(t, err)
	slices.Sort(calls)
	return slices.Compact(calls)
}
