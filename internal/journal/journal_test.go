package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALargeFileFromBeginToCommit(t *testing.T) {
	j, path := fresh(t)
	f := begun(1)
	f.Ranges.Add(0, 10)
	require.NoError(t, j.File(f))
	j.Acked(f.Key, 10, 10)
	f.Ranges.Add(5, 100) // ours by now, not the journal's
	j, s := reopened(t, j, path)
	got, found := s.File(f.Key)
	require.True(t, found)
	require.Equal(t, [][2]int64{{0, 20}}, collect(got.Ranges.All()))
	require.Equal(t, f.Part, got.Part)
	require.Equal(t, f.Src, got.Src)
	got.Ranges.Add(5, 100) // ours
	got, _ = s.File(f.Key)
	require.EqualValues(t, 20, got.Ranges.End())
	require.False(t, s.Committed(f.Key))

	j.Acked(f.Key, 20, 5) // goes on without being begun again
	j, s = reopened(t, j, path)
	got, _ = s.File(f.Key)
	require.EqualValues(t, 25, got.Ranges.Bytes())

	j.Acked(f.Key, 25, 5)
	j.Commit(f.Key)
	j.Acked(f.Key, 30, 5) // late
	_, s = reopened(t, j, path)
	require.True(t, s.Committed(f.Key))
	_, found = s.File(f.Key)
	require.False(t, found)
	for range s.Files() {
		t.Fatal("no file is begun")
	}
}

func TestRangesWithoutAFileAreNothing(t *testing.T) {
	j, path := fresh(t)
	before := size(t, path)
	j.Acked(key(1), 0, 10)
	require.NoError(t, j.File(begun(2)))
	require.NoError(t, j.Sync())
	begun := size(t, path)
	require.Greater(t, begun, before)
	j.Acked(key(2), -1, 10)
	j.Acked(key(2), 10, 0)
	require.NoError(t, j.Sync())
	require.Equal(t, begun, size(t, path))
	j.Acked(key(2), 0, 10) // makes way for the commit
	j.Commit(key(2))
	j.Acked(key(2), 10, 10)
	require.NoError(t, j.Sync())
	require.EqualValues(t, commitSize, size(t, path)-begun)
}

// What a lane acknowledges piece by piece becomes one record.
func TestAcknowledgedRangesAreCoalesced(t *testing.T) {
	j, path := fresh(t)
	require.NoError(t, j.File(begun(1)))
	require.NoError(t, j.Sync())
	before := size(t, path)
	for i := range int64(1000) {
		j.Acked(key(1), i<<18, 1<<18)
	}
	require.NoError(t, j.Sync())
	require.Less(t, size(t, path)-before, int64(40))
}

func TestBeginForgetsTheJobBefore(t *testing.T) {
	j, path := fresh(t)
	require.NoError(t, j.File(begun(1)))
	j.Commit(key(2))
	require.NoError(t, j.Sync())
	j.Commit(key(3)) // never written
	require.NoError(t, j.Begin([]byte("the next job")))
	before := size(t, path)
	j.Acked(key(1), 0, 1)
	require.NoError(t, j.Sync())
	require.Equal(t, before, size(t, path))
	j.Commit(key(4))
	_, s := reopened(t, j, path)
	require.Equal(t, content{Job: "the next job", Committed: []Key{key(4)}, Files: map[Key]File{}}, contentOf(s))
}

func TestNothingIsRecordedBeforeBegin(t *testing.T) {
	for name, record := range map[string]func(*Journal){
		"file":   func(j *Journal) { require.ErrorIs(t, j.File(begun(1)), ErrNotBegun) },
		"commit": func(j *Journal) { j.Commit(key(1)) },
	} {
		path := filepath.Join(t.TempDir(), "journal")
		j, _ := opened(t, path, never)
		record(j)
		require.ErrorIs(t, j.Err(), ErrNotBegun, name)
		require.ErrorIs(t, j.Close(), ErrNotBegun, name)
		require.Zero(t, size(t, path), name)
	}
}

func TestTooLong(t *testing.T) {
	j, path := fresh(t)
	require.ErrorIs(t, j.File(File{Part: strings.Repeat("p", MaxPayload)}), ErrTooLong)
	require.ErrorIs(t, j.Begin(make([]byte, MaxPayload+1)), ErrTooLong)
	require.NoError(t, j.Begin(make([]byte, MaxPayload)))
	half := strings.Repeat("p", MaxPayload/2-maxKeyed)
	require.NoError(t, j.File(File{Part: half, Src: half}))
	j, s := reopened(t, j, path)
	require.Len(t, s.Job(), MaxPayload)
	f, found := s.File(Key{})
	require.True(t, found)
	require.Equal(t, half, f.Src)
	require.NoError(t, j.Remove())
}

// broken is a journal whose file can no longer be written.
func broken(t *testing.T) (*Journal, string) {
	t.Helper()
	j, path := fresh(t)
	require.NoError(t, j.File(begun(1)))
	require.NoError(t, j.Sync())
	readOnly, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = readOnly.Close() })
	whole := j.file
	t.Cleanup(func() { _ = whole.Close() })
	j.file = readOnly
	return j, path
}

func TestTheFirstErrorIsKept(t *testing.T) {
	j, path := broken(t)
	before := size(t, path)
	j.Commit(key(2))
	require.NoError(t, j.Err(), "nothing was written yet")
	first := j.Sync()
	require.Same(t, first, j.fail(os.ErrDeadlineExceeded))
	require.Error(t, first)
	var cause *os.PathError
	require.ErrorAs(t, first, &cause)
	require.Equal(t, path, cause.Path)

	j.Acked(key(1), 0, 10)
	j.Commit(key(3))
	require.Empty(t, j.buf, "what cannot be written is not gathered")
	require.Same(t, first, j.Err())
	require.Same(t, first, j.File(begun(4)))
	require.Same(t, first, j.Begin(nil))
	require.Same(t, first, j.Sync())
	require.Same(t, first, j.Close())
	require.Equal(t, before, size(t, path))
}

// A record behind one that was written in part could not be read.
func TestNothingIsWrittenAfterAnError(t *testing.T) {
	j, path := fresh(t)
	before := size(t, path)
	require.NoError(t, j.File(begun(1)))
	j.Acked(key(1), 0, 10) // while the write that fails goes on
	require.Error(t, j.fail(os.ErrDeadlineExceeded))
	require.False(t, j.flush())
	require.ErrorIs(t, j.Close(), os.ErrDeadlineExceeded)
	require.Equal(t, before, size(t, path))
}

func TestAJournalThatFailedIsRemoved(t *testing.T) {
	j, path := broken(t)
	j.Commit(key(2))
	require.Error(t, j.Sync())
	require.NoError(t, j.Remove())
	require.NoFileExists(t, path)
}

func TestBeginReportsWhyItFailed(t *testing.T) {
	j, _ := broken(t)
	require.Error(t, j.Begin([]byte("job")))
	require.Error(t, j.Err())
}

func TestAfterTheEnd(t *testing.T) {
	for name, end := range map[string]func(*Journal) error{"close": (*Journal).Close, "remove": (*Journal).Remove} {
		j, _ := fresh(t)
		require.NoError(t, end(j), name)
		require.NoError(t, j.Close(), name)
		require.NoError(t, j.Remove(), name)
		j.Commit(key(1))
		j.Acked(key(1), 0, 1)
		require.ErrorIs(t, j.File(begun(1)), os.ErrClosed, name)
		require.ErrorIs(t, j.Sync(), os.ErrClosed, name)
		require.ErrorIs(t, j.Begin(nil), os.ErrClosed, name)
	}
}

func TestManyLanes(t *testing.T) {
	const lanes, each = 8, 200
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := opened(t, path, Options{SyncEvery: 1, SyncBytes: 64})
	require.NoError(t, j.Begin(nil))
	var lanesDone sync.WaitGroup
	for lane := range lanes {
		lanesDone.Go(func() {
			f := File{Key: KeyOf(fmt.Sprint(lane), "", 0, time.Time{}, 0, 0)}
			if err := j.File(f); err != nil {
				t.Error(err)
			}
			for i := range each {
				j.Acked(f.Key, int64(i)*8, 8)
				j.Commit(key(lane*each + i))
			}
			if err := j.Sync(); err != nil {
				t.Error(err)
			}
		})
	}
	lanesDone.Wait()
	_, s := reopened(t, j, path)
	require.Equal(t, lanes*each, s.Len())
	files := 0
	for f := range s.Files() {
		files++
		require.EqualValues(t, each*8, f.Ranges.Bytes())
	}
	require.Equal(t, lanes, files)
}

func TestRecordingAllocatesNothing(t *testing.T) {
	j, _ := fresh(t)
	require.NoError(t, j.File(begun(1)))
	var off int64
	record := func() {
		for i := range 100 {
			j.Acked(key(1), off, 10)
			j.Acked(key(1), off+100_000, 10) // a second chunk
			j.Commit(key(2 + i))
			off += 10
		}
		j.flush()
	}
	record()
	record() // both batches have their size
	require.Zero(t, testing.AllocsPerRun(20, record))
}
