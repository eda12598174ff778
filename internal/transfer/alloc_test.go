package transfer

import (
	"context"
	"io"
	"io/fs"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/chunker"
	"mscp/internal/fsys"
	"mscp/internal/plan"
)

// nullFS takes every block and gives every block, at once and without allocating. What is not overridden must not be called.
type nullFS struct {
	fsys.FS
	side string
	info fsys.Info
}

func (f *nullFS) Side() string                                        { return f.side }
func (f *nullFS) Handles() int                                        { return 0 }
func (f *nullFS) RTT() time.Duration                                  { return 0 }
func (f *nullFS) Block() int                                          { return 32<<10 + 1 }
func (f *nullFS) Stat(string) (fsys.Info, error)                      { return f.info, nil }
func (f *nullFS) Open(string) (fsys.File, error)                      { return (*nullFile)(f), nil }
func (f *nullFS) Create(string, fs.FileMode, bool) (fsys.File, error) { return (*nullFile)(f), nil }
func (f *nullFS) SetAttr(string, fsys.Attr) error                     { return nil }
func (f *nullFS) Rename(string, string) (bool, error)                 { return true, nil }

type nullFile nullFS

func (f *nullFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.info.Size {
		return 0, io.EOF
	}
	return len(p), nil
}
func (f *nullFile) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (f *nullFile) Stat() (fsys.Info, error)               { return f.info, nil }
func (f *nullFile) Truncate(int64) error                   { return nil }
func (f *nullFile) SetAttr(fsys.Attr) error                { return nil }
func (f *nullFile) Sync() error                            { return nil }
func (f *nullFile) Close() error                           { return nil }

type nullLane struct{ fs *nullFS }

func (l nullLane) FS() Remote   { return l.fs }
func (l nullLane) Conn() int    { return 0 }
func (nullLane) Use()           {}
func (l nullLane) Close() error { return nil }

// allocations copies one file of so many blocks, in one chunk.
func allocations(t *testing.T, upload bool, blocks int64) (count, bytes uint64) {
	info := fsys.Info{Name: "f", Mode: 0o644, ModTime: planned, Size: blocks * (32<<10 + 1)}
	o := Options{
		Upload: upload, Local: &nullFS{side: "local", info: info}, First: nullLane{&nullFS{side: "remote", info: info}},
		MaxLanes: 1, Chunks: chunker.Policy{Min: 1 << 40}, Counters: &Counters{}, Observer: newRecord(),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Run(t.Context(), o, func(ctx context.Context, _ fsys.FS, sink plan.Sink) error {
		return sink.File(ctx, plan.Entry{Src: "f", Dst: "f", Info: info})
	})
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Equal(t, info.Size, o.Counters.Bytes.Load())
	return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
}

// A block costs no allocation: ten thousand more of them cost no more than the noise of the scheduler.
func TestNoAllocationPerBlock(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		few, _ := allocations(t, upload, 100)
		many, bytes := allocations(t, upload, 10_100)
		require.Less(t, float64(many)-float64(few), 1000.0)
		require.Less(t, bytes, uint64(2*window+2<<20), "no more than the buffers of a window and a half")
	})
}
