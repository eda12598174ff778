package fsys

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// slowOS counts the calls that are made at once, and fails the first of them.
type slowOS struct {
	plainOS
	now, most atomic.Int64
	failures  atomic.Int64
	err       error
}

func (s *slowOS) call() error {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	time.Sleep(time.Millisecond)
	if s.failures.Add(-1) >= 0 {
		return &fs.PathError{Op: "call", Err: s.err}
	}
	return nil
}

func (s *slowOS) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	return s.plainOS.OpenFile(name, flag, perm)
}

func (s *slowOS) Stat(name string) (fs.FileInfo, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	return s.plainOS.Stat(name)
}

func bounded(ops operations, l limits) *Local {
	g := newGate(l)
	return &Local{ops: gated{ops, g}, gate: g}
}

func someFile(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(name, []byte("content"), 0o600))
	return name
}

func TestCallsAtOnceAreBounded(t *testing.T) {
	name := someFile(t)
	ops := &slowOS{}
	l := bounded(ops, limits{calls: 3, files: 9, listings: 1})
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() {
			_, err := l.Stat(name)
			require.NoError(t, err)
		})
	}
	all.Wait()
	require.LessOrEqual(t, ops.most.Load(), int64(3))
}

// No ticket is lost and none is made, however takers and their pauses fall.
func TestTickets(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(r, "most")
		tickets := newTickets(most)
		var out atomic.Int64
		var all sync.WaitGroup
		for range rapid.IntRange(1, 40).Draw(r, "goroutines") {
			times := rapid.IntRange(1, 30).Draw(r, "times")
			all.Go(func() {
				for range times {
					tickets.take()
					if n := out.Add(1); n > int64(most) {
						panic(fmt.Sprintf("%d tickets of %d", n, most))
					}
					out.Add(-1)
					tickets.free()
				}
			})
		}
		all.Wait()
		require.Zero(t, tickets.out.Load())
		require.Zero(t, tickets.waiting.Load())
	})
}

func TestNoFileDescriptorLeft(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE} {
		name := someFile(t)
		ops := &slowOS{err: errno}
		l := bounded(ops, limits{calls: 3, files: 9, listings: 1})
		ops.failures.Store(3)
		_, err := l.Stat(name)
		require.NoError(t, err)
		ops.failures.Store(3)
		f, err := l.Open(name)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		ops.failures.Store(3)
		require.NoError(t, l.List(filepath.Dir(name), func(Info) error { return nil }))
	}
	ops := &slowOS{err: syscall.EIO}
	ops.failures.Store(1)
	_, err := bounded(ops, limits{1, 1, 1}).Stat(someFile(t))
	require.ErrorIs(t, err, syscall.EIO, "no other error is tried again")
}

// Many more want a file than may be open: all get theirs, and no more than allowed are open at once.
func TestOpenFilesAreBounded(t *testing.T) {
	name := someFile(t)
	l := bounded(plainOS{}, limits{calls: 4, files: 5, listings: 1})
	var open, most atomic.Int64
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			f, err := l.Open(name)
			require.NoError(t, err)
			raiseTo(&most, open.Add(1))
			_, err = f.ReadAt(make([]byte, 3), 0)
			require.NoError(t, err)
			open.Add(-1)
			require.NoError(t, f.Close())
			require.Error(t, f.Close(), "closing twice gives one place back")
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load(), int64(5))
	require.Empty(t, l.gate.files)
	_, err := l.Open(filepath.Join(filepath.Dir(name), "missing"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, l.gate.files)
}

func raiseTo(most *atomic.Int64, n int64) {
	for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
	}
}

// Whoever holds all places and needs one more gets it, or nobody would ever go on: files while a file is open, and files and a
// listing while a directory is listed.
func TestHoldingAFileAndNeedingMore(t *testing.T) {
	name := someFile(t)
	l := bounded(plainOS{}, limits{calls: 1, files: 1, listings: 1})
	first, err := l.Open(name)
	require.NoError(t, err)
	second, err := l.Open(name)
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.NoError(t, second.Close())
	require.NoError(t, l.List(filepath.Dir(name), func(Info) error {
		f, err := l.Open(name)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		return l.List(filepath.Dir(name), func(Info) error { return nil })
	}))
	require.Empty(t, l.gate.files)
	require.Empty(t, l.gate.listings)
	require.Zero(t, l.gate.calls.out.Load())
}

// What is shared out leaves something for sockets, and something for everybody, however little there is.
func TestShareOfALimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files, threads := rapid.Uint64Range(0, unlimited).Draw(t, "files"), rapid.Uint64Range(0, unlimited).Draw(t, "threads")
		l := share(files, threads)
		require.Positive(t, l.calls)
		require.Positive(t, l.files)
		require.Positive(t, l.listings)
		require.LessOrEqual(t, l.calls, mostCalls)
		if files >= 64 {
			require.LessOrEqual(t, uint64(l.calls+l.files+l.listings), files*3/4)
		}
		if threads >= 64 {
			require.LessOrEqual(t, uint64(l.calls), threads/8)
		}
	})
}
