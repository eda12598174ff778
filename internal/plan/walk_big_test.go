package plan

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// million is a tree, often of a million entries: its directories hold as many as widths says for their depth, and the
// deepest entries are files if files is set.
func million(files bool, widths ...int) *memfs.FS {
	at := func(depth int) fsys.Info {
		if files && depth == len(widths) {
			return fsys.Info{Mode: 0o644, Size: 1}
		}
		return fsys.Info{Mode: fs.ModeDir | 0o755}
	}
	depthOf := func(rel string) int {
		if rel == "" {
			return 0
		}
		return strings.Count(rel, "/") + 1
	}
	return memfs.New("src", map[string]memfs.Node{"/big": memfs.Made(memfs.Synthetic{
		Lookup: func(rel string) (fsys.Info, bool) { return at(depthOf(rel)), true },
		List: func(rel string) iter.Seq[fsys.Info] {
			depth := depthOf(rel)
			return func(yield func(fsys.Info) bool) {
				if depth == len(widths) {
					return
				}
				info := at(depth + 1)
				for i := range widths[depth] {
					if info.Name = "entry-" + strconv.Itoa(i); !yield(info) {
						return
					}
				}
			}
		},
	})})
}

// counter is a Sink that only counts, and looks at the heap now and then.
type counter struct {
	files, dirs, finished atomic.Int64
	mostHeap              atomic.Int64
}

func (c *counter) look(n int64) {
	if n%50_000 != 0 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.mostHeap.Store(max(c.mostHeap.Load(), int64(m.HeapAlloc)))
}

func (c *counter) MakeDir(context.Context, *Dir) error { c.look(c.dirs.Add(1)); return nil }
func (c *counter) FinishDir(*Dir)                      { c.finished.Add(1) }
func (c *counter) Skipped(string, string)              {}
func (c *counter) Failed(path string, err error)       { panic(fmt.Sprint(path, err)) }
func (c *counter) File(_ context.Context, e Entry) error {
	c.look(c.files.Add(1))
	e.Parent.Release()
	return nil
}

// The heap must not grow with the tree: the smallest of these would take 40 MiB if its entries were kept.
func TestWalkMemory(t *testing.T) {
	const growth = 32 << 20
	for name, c := range map[string]struct {
		src         *memfs.FS
		listings    int
		files, dirs int64
	}{
		"files in one directory":           {million(true, 1_000_000), 4, 1_000_000, 1},
		"directories in one":               {million(false, 300_000), 4, 0, 300_001},
		"directories in one, listed alone": {million(false, 100_000), 1, 0, 100_001},
		"a broad and deep tree":            {million(true, 100, 100, 100), 4, 1_000_000, 1 + 100 + 100*100},
		"full directories of directories":  {million(false, 5, 20_000, 1), 2, 0, 1 + 5 + 2*5*20_000},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			sink := walkBig(t, c.src, c.listings)
			require.Equal(t, c.files, sink.files.Load())
			require.Equal(t, c.dirs, sink.dirs.Load())
			require.Equal(t, c.dirs, sink.finished.Load())
			grown := sink.mostHeap.Load() - int64(before.HeapAlloc)
			t.Logf("%d KiB", grown>>10)
			require.Less(t, grown, int64(growth))
		})
	}
}

func walkBig(t *testing.T, src *memfs.FS, listings int) *counter {
	sink := &counter{}
	items := []Item{{Src: "/big", Dst: "big", Info: fsys.Info{Mode: fs.ModeDir}}}
	require.NoError(t, Walk(t.Context(), src, items, listings, sink))
	return sink
}

func TestWalkDeep(t *testing.T) {
	const depth = 1000
	src := million(true, slices.Repeat([]int{1}, depth)...)
	for _, listings := range []int{1, 4} {
		sink := walkBig(t, src, listings)
		require.EqualValues(t, 1, sink.files.Load())
		require.EqualValues(t, depth, sink.dirs.Load())
		require.EqualValues(t, depth, sink.finished.Load())
	}
}

// A full directory of full directories: listings wait for each other only as deep as the tree is.
func TestWalkKeepsFewListingsOpen(t *testing.T) {
	const listings, depth, wide = 3, 3, 2 * stackBytes / entryBytes
	src := &openCounter{FS: million(false, wide, 2, 2)}
	sink := &counter{}
	items := []Item{{Src: "/big", Dst: "big", Info: fsys.Info{Mode: fs.ModeDir}}}
	require.NoError(t, Walk(t.Context(), src, items, listings, sink))
	require.EqualValues(t, 1+wide*(1+2+4), sink.finished.Load())
	require.LessOrEqual(t, src.most.Load(), int64(listings*(depth+1)))
}

// openCounter counts the listings that are open at once.
type openCounter struct {
	fsys.FS
	open, most atomic.Int64
}

func (o *openCounter) List(name string, fn func(fsys.Info) error) error {
	n := o.open.Add(1)
	defer o.open.Add(-1)
	for most := o.most.Load(); n > most && !o.most.CompareAndSwap(most, n); most = o.most.Load() {
	}
	return o.FS.List(name, fn)
}

// endless is a tree without end: each directory holds so many directories.
type endless struct {
	fsys.FS
	dirs int
}

func (e endless) List(_ string, fn func(fsys.Info) error) error {
	for i := range e.dirs {
		if err := fn(fsys.Info{Name: "entry-" + strconv.Itoa(i), Mode: fs.ModeDir | 0o755}); err != nil {
			return err
		}
	}
	return nil
}

// An endless tree of wide directories: neither what waits nor the listings that are open grow for ever, and the walk goes on.
func TestWalkOfAnEndlessTree(t *testing.T) {
	const growth = 200 << 20
	for _, listings := range []int{1, 16} {
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		ctx, cancel := context.WithCancel(t.Context())
		src := &openCounter{FS: endless{dirs: 300}}
		sink := &deepCounter{enough: 2_300, stop: cancel}
		items := []Item{{Src: "/big", Dst: "big", Info: fsys.Info{Mode: fs.ModeDir}}}
		require.ErrorIs(t, Walk(ctx, src, items, listings, sink), context.Canceled)
		require.Less(t, sink.mostHeap.Load()-int64(before.HeapAlloc), int64(growth))
		require.Positive(t, sink.tooDeep.Load(), "the walk has seen the end of a path")
		most := int64(listings*stackShares + maxDepth + 1)
		require.LessOrEqual(t, src.most.Load(), most)
	}
}

// deepCounter ends a walk that has made enough directories.
type deepCounter struct {
	counter
	enough  int64
	tooDeep atomic.Int64
	stop    func()
}

func (d *deepCounter) MakeDir(ctx context.Context, dir *Dir) error {
	if err := d.counter.MakeDir(ctx, dir); err != nil {
		return err
	}
	if n := d.dirs.Load(); n%100 == 0 {
		d.look(0)
		if n >= d.enough {
			d.stop()
		}
	}
	return nil
}

func (d *deepCounter) Failed(_ string, err error) {
	if err == ErrTooDeep {
		d.tooDeep.Add(1)
	}
}
