package journal

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// In a synctest bubble time passes only when every goroutine waits for it, and synctest.Wait returns when the journal's
// goroutines have done all that they can.

func inBubble(t *testing.T, test func(t *testing.T, j *Journal, path string)) {
	path := filepath.Join(t.TempDir(), "journal")
	synctest.Test(t, func(t *testing.T) {
		j, _, err := Open(path, Options{})
		require.NoError(t, err)
		require.NoError(t, j.Begin(nil))
		require.NoError(t, j.File(begun(1)))
		require.NoError(t, j.Sync())
		// The file's wake-up is still pending: let it pass.
		time.Sleep(DefaultSyncEvery)
		synctest.Wait()
		test(t, j, path)
		require.NoError(t, j.Close())
	})
}

func TestRecordsAreWrittenEverySecond(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal, path string) {
		before := size(t, path)
		for range 3 {
			j.Commit(key(2))
			time.Sleep(DefaultSyncEvery - time.Millisecond)
			j.Acked(key(1), 0, 10)
			synctest.Wait()
			require.Equal(t, before, size(t, path), "not earlier")
			time.Sleep(time.Millisecond)
			synctest.Wait()
			after := size(t, path)
			require.Greater(t, after, before+int64(commitSize), "and both at once")
			before = after
		}
	})
}

func TestManyAcknowledgedBytesDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal, path string) {
		before := size(t, path)
		for range 3 {
			j.Acked(key(1), 0, DefaultSyncBytes-1)
			synctest.Wait()
			require.Equal(t, before, size(t, path))
			j.Acked(key(1), DefaultSyncBytes, 1)
			synctest.Wait()
			after := size(t, path)
			require.Greater(t, after, before)
			before = after
		}
	})
}

func TestManyCommitsDoNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal, path string) {
		for i := range flushAbove/commitSize + 1 {
			j.Commit(key(i))
		}
		synctest.Wait()
		require.Greater(t, size(t, path), int64(flushAbove))
	})
}

// An idle journal has no timer: in a bubble where nothing else waits, sleeping past many periods writes nothing.
func TestIdle(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal, path string) {
		before := size(t, path)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, before, size(t, path))
	})
}

// The goroutine that writes meets the error; the copy goes on and asks when it likes.
func TestAnErrorInTheBackgroundIsKept(t *testing.T) {
	j, _ := broken(t)
	j.o.SyncBytes = 1
	j.Acked(key(1), 0, 10)
	require.Eventually(t, func() bool { return j.Err() != nil }, 30*time.Second, time.Millisecond)
	require.Same(t, j.Err(), j.Close())
}
