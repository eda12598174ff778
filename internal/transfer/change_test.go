package transfer

import (
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// alter changes a file in place, keeping its inode.
func alter(t require.TestingT, f *memfs.FS, name string, size int64, mod time.Time) {
	w, err := f.Create(name, 0, false)
	require.NoError(t, err)
	require.NoError(t, w.Truncate(size))
	require.NoError(t, w.SetAttr(fsys.Attr{Times: &fsys.Times{Mod: mod}}))
	require.NoError(t, w.Close())
}

// A source that changes once while it is copied is copied anew, from its start: the copy is the source as it is at last.
func TestSourceChangesOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		op     string // before which it changes
		change func(t require.TestingT, f *memfs.FS, name string, size int64)
	}{
		"shrinks": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, s-1, planned) }},
		"empties": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, 0, planned) }},
		"grows":   {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, s+1, planned) }},
		"is written": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) {
			alter(t, f, n, s, planned.Add(time.Nanosecond))
		}},
		"is replaced": {"open", func(t require.TestingT, f *memfs.FS, n string, s int64) {
			f.Put(n, memfs.Node{Mode: 0o640, Data: data(int(s)), ModTime: planned})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			changing(t, func(t *testing.T, j *job, size int64) {
				var once sync.Once
				j.source().Hook = func(c memfs.Call) error {
					if c.Op == tc.op && c.Path == "/src/bad" {
						once.Do(func() { tc.change(t, j.source(), "/src/bad", size) })
					}
					return nil
				}
				sum, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Zero(t, sum.Failed)
				require.Len(t, j.seen.copied, len(sizes())+1)
				j.requireSame(t)
				j.requireNoParts(t)
				c := j.opt.Counters
				require.Equal(t, c.BytesKnown.Load(), c.Bytes.Load())
			})
		})
	}
}

// A source that goes on changing, or is gone, fails alone, and nothing of it takes the final name.
func TestSourceChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		op     string // before which it changes
		change func(t require.TestingT, f *memfs.FS, name string, size int64, times int64)
		want   error
	}{
		"is written again and again": {"read", func(t require.TestingT, f *memfs.FS, n string, s, times int64) {
			alter(t, f, n, s, planned.Add(time.Duration(times)))
		}, ErrChanged},
		"vanishes": {"open", func(t require.TestingT, f *memfs.FS, n string, _, times int64) {
			if times == 1 {
				require.NoError(t, f.Remove(n))
			}
		}, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			changing(t, func(t *testing.T, j *job, size int64) {
				var times atomic.Int64
				j.source().Hook = func(c memfs.Call) error {
					if c.Op == tc.op && c.Path == "/src/bad" {
						tc.change(t, j.source(), "/src/bad", size, times.Add(1))
					}
					return nil
				}
				sum, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.EqualValues(t, 1, sum.Failed, "%d bytes", size)
				require.ErrorIs(t, j.seen.failed["/src/bad"], tc.want)
				var fe *fsys.Error
				require.ErrorAs(t, j.seen.failed["/src/bad"], &fe)
				require.Equal(t, j.source().Side(), fe.Side)
				require.Equal(t, "before", j.dest().Tree()["/dst/bad"].Data)
				require.Len(t, j.seen.copied, len(sizes()))
				j.requireNoParts(t)
			})
		})
	}
}

// changing runs a test with a source of each kind of size that lands on a file.
func changing(t *testing.T, test func(t *testing.T, j *job, size int64)) {
	both(t, func(t *testing.T, upload bool) {
		for _, size := range []int{testBlock - 1, 3 * testBlock, 3*testChunk + 1} {
			for _, plain := range []bool{false, true} {
				j := newJob(upload, 2, merged(sizes(), map[string]memfs.Node{"/bad": sized(size)}))
				for _, l := range j.lanes {
					l.plain = plain
				}
				j.dest().Put("/dst/bad", memfs.File("before"))
				test(t, j, int64(size))
			}
		}
	})
}
