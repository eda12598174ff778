package transfer

import (
	"io/fs"
	"sync"
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

// A source that changes while it is copied fails alone, and nothing of it takes the final name.
func TestSourceChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		op     string // before which it changes
		change func(t require.TestingT, f *memfs.FS, name string, size int64)
		want   error
	}{
		"shrinks": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, s-1, planned) }, ErrChanged},
		"empties": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, 0, planned) }, ErrChanged},
		"grows":   {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) { alter(t, f, n, s+1, planned) }, ErrChanged},
		"is written": {"read", func(t require.TestingT, f *memfs.FS, n string, s int64) {
			alter(t, f, n, s, planned.Add(time.Nanosecond))
		}, ErrChanged},
		"is replaced": {"open", func(t require.TestingT, f *memfs.FS, n string, s int64) {
			f.Put(n, memfs.Node{Mode: 0o640, Data: data(int(s)), ModTime: planned})
		}, ErrChanged},
		"vanishes": {"open", func(t require.TestingT, f *memfs.FS, n string, s int64) {
			require.NoError(t, f.Remove(n))
		}, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, upload bool) {
				for _, size := range []int{testBlock - 1, 3 * testBlock, 3*testChunk + 1} {
					for _, plain := range []bool{false, true} {
						j := newJob(upload, 2, merged(sizes(), map[string]memfs.Node{"/bad": sized(size)}))
						for _, l := range j.lanes {
							l.plain = plain
						}
						var once sync.Once
						j.source().Hook = func(c memfs.Call) error {
							if c.Op == tc.op && c.Path == "/src/bad" {
								once.Do(func() { tc.change(t, j.source(), "/src/bad", int64(size)) })
							}
							return nil
						}
						j.dest().Put("/dst/bad", memfs.File("before"))
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
					}
				}
			})
		})
	}
}
