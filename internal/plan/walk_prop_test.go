package plan

import (
	"context"
	"io/fs"
	"maps"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// drawTree draws a source of directories, files, special files and links anywhere.
func drawTree(t *rapid.T) *memfs.FS {
	name := rapid.SampledFrom([]string{"a", "b", "c", "\xff", "-n"})
	f := memfs.New("src", map[string]memfs.Node{"/top": memfs.Dir()})
	dirs := []string{"/top"}
	for range rapid.IntRange(0, 14).Draw(t, "entries") {
		p := rapid.SampledFrom(dirs).Draw(t, "in") + "/" + name.Draw(t, "name")
		if _, err := f.Lstat(p); err == nil {
			continue
		}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1:
			f.Put(p, memfs.File(p))
		case 2, 3:
			f.Put(p, memfs.Dir())
			dirs = append(dirs, p)
		case 4:
			f.Put(p, memfs.Link(rapid.SampledFrom(append(dirs, "..", ".", "a", "../b", "/top/a")).Draw(t, "target")))
		case 5:
			f.Put(p, memfs.Special(fs.ModeNamedPipe))
		}
	}
	return f
}

// Whatever fails, and whenever the walk is cancelled: each directory that was made is finished once, after all below
// it, when the last entry is released.
func TestWalkFinishesEveryDirectoryOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawTree(t)
		failEvery := int64(rapid.IntRange(2, 12).Draw(t, "a call fails every"))
		cancelAt := int64(rapid.IntRange(0, 40).Draw(t, "cancelled at"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()

		var calls, files atomic.Int64
		src.Hook = func(c memfs.Call) error {
			n := calls.Add(1)
			if n == cancelAt {
				cancel()
			}
			if n%failEvery == 0 {
				return fs.ErrPermission
			}
			return nil
		}
		r := newRecorder()
		r.makeDir = func(d *Dir) error {
			if calls.Load()%failEvery == 1 {
				return fs.ErrPermission
			}
			return nil
		}
		var held sync.WaitGroup
		let := make(chan struct{})
		r.file = func(ctx context.Context, e Entry) error {
			if err := ctx.Err(); err != nil {
				return err // given back: the walk releases it
			}
			if files.Add(1)%3 == 0 {
				e.Parent.Release()
				return nil
			}
			held.Go(func() { <-let; e.Parent.Release() })
			return nil
		}
		items := []Item{{Src: "/top", Dst: "top", Info: fsys.Info{Mode: fs.ModeDir}}}
		listings := rapid.IntRange(1, 4).Draw(t, "listings")
		err := Walk(ctx, src, items, listings, r)
		require.Equal(t, ctx.Err(), err)

		close(let)
		held.Wait()
		require.Empty(t, r.wrong)
		require.Empty(t, r.made, "not finished")
		require.Len(t, r.finished, len(r.dirs))
	})
}

// Without failures, each file and directory that can be reached is found under each of its names exactly once.
func TestWalkFindsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawTree(t)
		r := newRecorder()
		items := []Item{{Src: "/top", Dst: "", Contents: true, Info: fsys.Info{Mode: fs.ModeDir}}}
		require.NoError(t, Walk(t.Context(), src, items, rapid.IntRange(1, 4).Draw(t, "listings"), r))
		require.Empty(t, r.wrong)

		found := make(map[string]bool)
		for _, told := range []map[string]string{r.files, r.dirs} {
			for p := range maps.Values(told) {
				found[p] = true
			}
		}
		for p := range maps.Keys(r.skipped) {
			found[p] = true
		}
		for p := range maps.Keys(r.failed) {
			found[p] = true
		}
		for p, n := range src.Tree() {
			require.True(t, p == "/top" || found[p], "%q (%v) is lost", p, n.Mode)
		}
		for p, err := range r.failed {
			require.True(t, throughLink(src, p), "%q: %v", p, err)
		}
	})
}

// throughLink reports whether p is a link or lies below one: nothing else can fail.
func throughLink(src *memfs.FS, p string) bool {
	for ; p != "/"; p = parentOf(p) {
		if info, err := src.Lstat(p); err == nil && info.IsLink() {
			return true
		}
	}
	return false
}
