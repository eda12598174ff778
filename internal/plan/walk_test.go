package plan

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// walkFrom lands the sources on a target that is a directory, or a new name, and walks them.
func walkFrom(t *testing.T, src *memfs.FS, target string, listings int, sink Sink, sources ...string) error {
	t.Helper()
	l, err := Land(src, memfs.New("dst", map[string]memfs.Node{"/dir": memfs.Dir()}), sources, target)
	require.NoError(t, err)
	require.Empty(t, l.Failures)
	return Walk(t.Context(), src, l.Items, listings, sink)
}

func TestWalk(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/w/f":               memfs.File("f"),
		"/w/d/empty":         memfs.Dir(),
		"/w/d/a/b/c":         memfs.File("c"),
		"/w/d/-r":            memfs.File("dash"),
		"/w/d/\xff\n'\"":     memfs.File("bytes"),
		"/w/d/\xff2\n'\"/in": memfs.File("bytes"),
		"/w/d/to-f":          memfs.Link("../f"),
		"/w/d/to-e":          memfs.Link("../e"),
		"/w/d/to-null":       memfs.Link("/dev/null"),
		"/w/d/fifo":          memfs.Special(fs.ModeNamedPipe),
		"/w/d/socket":        memfs.Special(fs.ModeSocket),
		"/w/d/odd":           memfs.Special(fs.ModeIrregular),
		"/w/e/x":             memfs.File("x"),
		"/dev/null":          memfs.Special(fs.ModeDevice | fs.ModeCharDevice),
	})
	src.Home = "/w"
	below := func(dst, source string) (files, dirs map[string]string) {
		files, dirs = map[string]string{}, map[string]string{}
		for _, name := range []string{"a/b/c", "-r", "\xff\n'\"", "\xff2\n'\"/in", "to-f", "to-e/x"} {
			files[join(dst, name)] = join(source, name)
		}
		for _, name := range []string{"empty", "a", "a/b", "\xff2\n'\"", "to-e"} {
			dirs[join(dst, name)] = join(source, name)
		}
		return files, dirs
	}
	for name, c := range map[string]struct {
		source, target, dst string
		root                bool // the directory itself is made
	}{
		"into a directory":        {"d", "/dir", "d", true},
		"as a new directory":      {"/w/d", "/new", "", true},
		"contents of":             {"d/.", "/dir", "", false},
		"contents as a new one":   {"d/.", "/new", "", true},
		"absolute into directory": {"/w/d/", "/dir", "d", true},
	} {
		for _, listings := range []int{1, 2, 8} {
			t.Run(name, func(t *testing.T) {
				r := newRecorder()
				require.NoError(t, walkFrom(t, src, c.target, listings, r, c.source))
				source, _ := trim(c.source)
				files, dirs := below(c.dst, source)
				if c.root {
					dirs[c.dst] = source
				}
				require.Equal(t, files, r.files)
				require.Equal(t, dirs, r.dirs)
				require.Equal(t, map[string]string{
					join(source, "fifo"): "FIFO", join(source, "socket"): "socket",
					join(source, "to-null"): "device", join(source, "odd"): "special file",
				}, r.skipped)
				require.Empty(t, r.failed)
				require.Empty(t, r.wrong)
				require.Empty(t, r.made, "every directory is finished")
			})
		}
	}
}

func TestWalkSingleItems(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/f": memfs.File("f"), "/fifo": memfs.Special(fs.ModeNamedPipe), "/l": memfs.Link("f"), "/g": memfs.File("gg"),
	})
	r := newRecorder()
	var sizes []int64
	r.file = func(_ context.Context, e Entry) error {
		require.Nil(t, e.Parent)
		sizes = append(sizes, e.Info.Size)
		return nil
	}
	require.NoError(t, walkFrom(t, src, "/dir", 1, r, "/f", "/l", "/g"))
	require.Equal(t, map[string]string{"f": "/f", "l": "/l", "g": "/g"}, r.files)
	require.Equal(t, []int64{1, 1, 2}, sizes)

	dst := memfs.New("dst", map[string]memfs.Node{"/null": memfs.Special(fs.ModeDevice)})
	l, err := Land(src, dst, []string{"/f"}, "/null")
	require.NoError(t, err)
	r = newRecorder()
	r.file = func(_ context.Context, e Entry) error { require.True(t, e.InPlace); return nil }
	require.NoError(t, Walk(t.Context(), src, l.Items, 1, r))
	require.Contains(t, r.files, "null")
}

func TestWalkGoesOnAfterFailures(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/d/dangling":    memfs.Link("nowhere"),
		"/d/loop":        memfs.Link("loop"),
		"/d/locked/x":    memfs.File("x"),
		"/d/lost/x":      memfs.File("x"),
		"/d/refused/x/y": memfs.File("y"),
		"/d/z":           memfs.File("z"),
	})
	src.Hook = func(c memfs.Call) error {
		switch {
		case c.Op == "list" && c.Path == "/d/locked":
			return fs.ErrPermission
		case c.Op == "list" && c.Path == "/d/lost":
			return fsys.ErrLost
		}
		return nil
	}
	r := newRecorder()
	r.makeDir = func(d *Dir) error {
		if d.Dst == "d/refused" {
			return fs.ErrPermission
		}
		return nil
	}
	require.NoError(t, walkFrom(t, src, "/dir", 2, r, "/d"))
	require.Equal(t, map[string]string{"d/z": "/d/z"}, r.files)
	require.Equal(t, map[string]string{"d": "/d", "d/locked": "/d/locked", "d/lost": "/d/lost"}, r.dirs)
	require.ErrorIs(t, r.failed["/d/dangling"], fs.ErrNotExist)
	require.ErrorIs(t, r.failed["/d/loop"], memfs.ErrLoop)
	require.ErrorIs(t, r.failed["/d/locked"], fs.ErrPermission)
	require.ErrorIs(t, r.failed["/d/lost"], fsys.ErrLost)
	require.Len(t, r.failed, 4)
	require.Empty(t, r.wrong)
	require.Empty(t, r.made)
}

func TestWalkCycles(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/top/other":          memfs.File("o"),
		"/top/d/self":         memfs.Link("."),
		"/top/d/a/b/up":       memfs.Link(".."),
		"/top/d/a/b/root":     memfs.Link("/top/d"),
		"/top/d/a/b/aside":    memfs.Link("../../side"),
		"/top/d/side/over":    memfs.Link("/out"),
		"/top/d/f":            memfs.File("f"),
		"/out/back":           memfs.Link("/top/d/a"),
		"/out/here":           memfs.Link("."),
		"/top/link":           memfs.Link("d"),
		"/top/pair/1/to2":     memfs.Link("../2"),
		"/top/pair/2/to1":     memfs.Link("../1"),
		"/top/above/a/parent": memfs.Link("../.."),
	})
	r := newRecorder()
	require.NoError(t, walkFrom(t, src, "/dir", 4, r, "/top/d"))
	cycles := func(r *recorder) (paths []string) {
		for path, err := range r.failed {
			var cycle *CycleError
			require.ErrorAs(t, err, &cycle)
			require.Equal(t, path, cycle.Path)
			paths = append(paths, path)
		}
		slices.Sort(paths)
		return paths
	}
	require.Equal(t, []string{
		"/top/d/a/b/aside/over/back", // /top/d/a, which a/b lies in
		"/top/d/a/b/aside/over/here",
		"/top/d/a/b/root",
		"/top/d/a/b/up",
		"/top/d/self",
		"/top/d/side/over/back/b/aside", // /top/d/side
		"/top/d/side/over/back/b/root",
		"/top/d/side/over/back/b/up",
		"/top/d/side/over/here",
	}, cycles(r))
	require.Empty(t, r.wrong)

	r = newRecorder()
	require.NoError(t, walkFrom(t, src, "/dir", 1, r, "/top/link"))
	require.Contains(t, cycles(r), "/top/link/self", "the item may be a link itself")
	require.Contains(t, r.files, "link/f")

	r = newRecorder()
	require.NoError(t, walkFrom(t, src, "/dir", 1, r, "/top/pair"))
	require.Equal(t, []string{"/top/pair/1/to2/to1", "/top/pair/2/to1/to2"}, cycles(r))

	r = newRecorder()
	require.NoError(t, walkFrom(t, src, "/dir", 1, r, "/top/above"))
	require.Contains(t, cycles(r), "/top/above/a/parent/above", "found before anything is copied twice")
	require.Contains(t, r.files, "above/a/parent/other")
}

// lister is a source whose listing holds what no file system would.
type lister struct {
	*memfs.FS
	names []string
}

func (l lister) List(name string, fn func(fsys.Info) error) error {
	for _, name := range l.names {
		if err := fn(fsys.Info{Name: name, Mode: 0o644}); err != nil {
			return err
		}
	}
	return nil
}

func TestWalkDistrustsNames(t *testing.T) {
	src := lister{memfs.New("src", nil), []string{"", ".", "..", "../x", "/etc/passwd", "a/b", "nul\x00", "good", "..."}}
	r := newRecorder()
	items := []Item{{Src: "d", Dst: "d", Info: fsys.Info{Mode: fs.ModeDir}}}
	require.NoError(t, Walk(t.Context(), src, items, 1, r))
	require.Equal(t, map[string]string{"d/good": "d/good", "d/...": "d/..."}, r.files)
	require.Len(t, r.failed, 7)
	for path, err := range r.failed {
		require.ErrorIs(t, err, ErrName, "%q", path)
	}
}

func TestExpandDistrustsNames(t *testing.T) {
	src := lister{memfs.New("src", nil), []string{"", "x/../../y", "xy", "x\x00"}}
	got, err := expandAll(src, []string{"x*"})
	require.NoError(t, err)
	require.Equal(t, []string{"xy"}, got)
}

// Attributes come from the listing: a plain tree costs one listing per directory and nothing else.
func TestWalkAsksOnlyForListings(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{"/d/a/f": memfs.File(""), "/d/a/g": memfs.File(""), "/d/b/f": memfs.File("")})
	l, err := Land(src, memfs.New("dst", nil), []string{"/d"}, "/new")
	require.NoError(t, err)
	var asked []string
	src.Hook = func(c memfs.Call) error { asked = append(asked, c.Op+" "+c.Path); return nil }
	require.NoError(t, Walk(t.Context(), src, l.Items, 1, newRecorder()))
	slices.Sort(asked)
	require.Equal(t, []string{"list /d", "list /d/a", "list /d/b"}, asked)
}

func TestWalkListsSideBySide(t *testing.T) {
	const listings = 4
	tree := map[string]memfs.Node{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		tree["/d/"+name+"/x"] = memfs.File("")
	}
	src := memfs.New("src", tree)
	var mu sync.Mutex
	var now, most int
	all := make(chan struct{})
	src.Hook = func(c memfs.Call) error {
		if c.Op != "list" || c.Path == "/d" {
			return nil
		}
		mu.Lock()
		if now++; now > most {
			if most = now; most == listings {
				close(all)
			}
		}
		mu.Unlock()
		<-all // none ends before as many as are allowed have begun
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}
	r := newRecorder()
	require.NoError(t, walkFrom(t, src, "/dir", listings, r, "/d"))
	require.Len(t, r.files, 8)
	require.Equal(t, listings, most)
}

func TestWalkEndsWithTheContext(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{"/d/a/f": memfs.File(""), "/d/b/f": memfs.File(""), "/d/c/d/f": memfs.File("")})
	for _, listings := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		r := newRecorder()
		r.file = func(ctx context.Context, e Entry) error {
			cancel()
			<-ctx.Done() // as an engine that is full
			return ctx.Err()
		}
		items := []Item{{Src: "/d", Dst: "d", Info: fsys.Info{Mode: fs.ModeDir}}}
		require.ErrorIs(t, Walk(ctx, src, items, listings, r), context.Canceled)
		require.Empty(t, r.made, "what was made is finished")
		require.Empty(t, r.wrong)
		require.Empty(t, r.failed)

		r = newRecorder()
		require.ErrorIs(t, Walk(ctx, src, items, listings, r), context.Canceled, "cancelled before it begins")
		require.Empty(t, r.dirs)
	}
}

func TestWalkEndsWithTheSink(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{"/d/a/f": memfs.File(""), "/d/b/f": memfs.File("")})
	full := errors.New("no more")
	r := newRecorder()
	r.file = func(context.Context, Entry) error { return full }
	require.ErrorIs(t, walkFrom(t, src, "/dir", 2, r, "/d"), full)
	require.Empty(t, r.made)
	require.Empty(t, r.wrong)
}
