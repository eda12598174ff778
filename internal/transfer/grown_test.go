package transfer

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// writes has a test do something to "/src/bad" before each of its readings, with the number of that reading.
func writes(j *job, do func(nth int64)) {
	var nth atomic.Int64
	j.source().Hook = func(c memfs.Call) error {
		if c.Op == "read" && c.Path == "/src/bad" {
			do(nth.Add(1))
		}
		return nil
	}
}

// put writes to a file, as a program does that has it open.
func put(t *testing.T, f *memfs.FS, name, text string, off int64, mod time.Time) {
	w, err := f.Create(name, 0, false)
	require.NoError(t, err)
	_, err = w.WriteAt([]byte(text), off)
	require.NoError(t, err)
	require.NoError(t, w.SetAttr(fsys.Attr{Times: &fsys.Times{Mod: mod}}))
	require.NoError(t, w.Close())
}

// A log that grows all the time is copied as it was at some time: what was there then, and a line that says so. --verify has nothing
// against it.
func TestLogThatGrowsAllTheTime(t *testing.T) {
	for _, verify := range []*Verify{nil, {}} {
		changing(t, func(t *testing.T, j *job, size int64) {
			j.opt.Verify = verify
			var mu sync.Mutex
			end := size
			writes(j, func(nth int64) {
				mu.Lock()
				defer mu.Unlock()
				put(t, j.source(), "/src/bad", "one more line\n", end, planned.Add(time.Duration(nth)*time.Second))
				end += 14
			})
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			got := j.dest().Tree()["/dst/bad"].Data
			require.GreaterOrEqual(t, len(got), int(size))
			require.True(t, strings.HasPrefix(j.source().Tree()["/src/bad"].Data, got), "%d bytes", size)
			require.EqualValues(t, len(got), j.seen.copied["/src/bad"])
			require.Equal(t, sum.Bytes, j.opt.Counters.BytesKnown.Load())
			require.Len(t, j.seen.notices, 1)
			require.Contains(t, j.seen.notices[0], "grows while it is copied")
			j.requireNoParts(t)
			if verify == nil {
				require.Zero(t, sum.Verified)
			}
		})
	}
}

// One that grows and is changed before its end is no log.
func TestGrowthThatIsNotOnlyGrowth(t *testing.T) {
	changing(t, func(t *testing.T, j *job, size int64) {
		var mu sync.Mutex
		end := size
		writes(j, func(nth int64) {
			mu.Lock()
			defer mu.Unlock()
			put(t, j.source(), "/src/bad", "?", end, planned.Add(time.Duration(nth)*time.Second))
			// All of it changes: what is written behind a block that was compared already, no later look could show.
			put(t, j.source(), "/src/bad", strings.Repeat(string(rune('0'+nth%70)), int(size)), 0, planned)
			end++
		})
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, sum.Failed)
		require.ErrorIs(t, j.seen.failed["/src/bad"], ErrChanged)
		require.Equal(t, "before", j.dest().Tree()["/dst/bad"].Data)
		j.requireNoParts(t)
	})
}

// flickers has a file tell another time at every nth look.
func flickers(f *memfs.FS, name string, nth int64) {
	var looks atomic.Int64
	f.Shown = func(p string, i fsys.Info) fsys.Info {
		if strings.HasSuffix(p, name) && looks.Add(1)%nth == 0 {
			i.ModTime = i.ModTime.Add(7 * time.Second)
		}
		return i
	}
}

// Times that flicker between replicas are no change.
func TestTimesThatFlicker(t *testing.T) {
	for nth := int64(1); nth <= 4; nth++ {
		changing(t, func(t *testing.T, j *job, size int64) {
			flickers(j.source(), "/src/bad", nth)
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			require.Empty(t, j.seen.notices)
			j.requireSame(t)
			j.requireNoParts(t)
		})
	}
}

// They do not hide one.
func TestChangeUnderTimesThatFlicker(t *testing.T) {
	changing(t, func(t *testing.T, j *job, size int64) {
		flickers(j.source(), "/src/bad", 3)
		writes(j, func(nth int64) {
			put(t, j.source(), "/src/bad", string(rune('0'+nth%10)), 0, planned.Add(time.Duration(nth)*time.Minute))
		})
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, sum.Failed)
		require.Equal(t, "before", j.dest().Tree()["/dst/bad"].Data)
	})
}

// Inode numbers that change with every look are no change either.
func TestInodesThatChange(t *testing.T) {
	changing(t, func(t *testing.T, j *job, size int64) {
		var looks atomic.Uint64
		j.source().Shown = func(_ string, i fsys.Info) fsys.Info {
			i.Ino = looks.Add(1)
			return i
		}
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		require.Equal(t, sum.Bytes, j.opt.Counters.BytesKnown.Load())
		j.requireSame(t)
	})
}

// Nor are they between two runs: the second one goes on where the first one was stopped.
func TestInodesOfAnotherMount(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		const size = 3 * testChunk
		s := stopped(t, upload, data(size), testChunk)
		s.source().Shown = func(_ string, i fsys.Info) fsys.Info {
			i.Ino, i.Dev = i.Ino+1000, 9
			return i
		}
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.EqualValues(t, testChunk, sum.Kept)
		require.EqualValues(t, size-testChunk, sum.Bytes)
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	})
}

// A file that is cut between two readings of it, and states its old size, is not taken for one that ends early.
func TestCutBetweenReadings(t *testing.T) {
	changing(t, func(t *testing.T, j *job, size int64) {
		states(j.source(), "/src/bad", size)
		writes(j, func(nth int64) {
			alter(t, j.source(), "/src/bad", max(0, size-nth), planned)
		})
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		if sum.Failed == 0 { // by the time of the last reading nothing is left that could be cut
			require.Equal(t, j.source().Tree()["/src/bad"].Data, j.dest().Tree()["/dst/bad"].Data)
			return
		}
		require.ErrorIs(t, j.seen.failed["/src/bad"], ErrChanged)
		require.Equal(t, "before", j.dest().Tree()["/dst/bad"].Data)
	})
}
