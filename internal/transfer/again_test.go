package transfer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
)

// stopped is a story with one file, /f, of which all or a part is acknowledged and which is not in place.
func stopped(t *testing.T, upload bool, part string, acked int64) *story {
	s := newStory(t.TempDir(), upload, map[string]memfs.Node{"/f": sized(3 * testChunk)})
	_, err := s.run(t, 1, after(1), end{cancelled, 1})
	require.ErrorIs(t, err, errEnded)
	for _, p := range s.parts() { // of that run, which the journal is not to name
		require.NoError(t, s.dest().Remove(p))
	}
	e, f := s.file(t, "/f")
	log, _, err := journal.Open(s.path(), after(1))
	require.NoError(t, err)
	begun := journal.File{Key: f.key, Src: f.Dst, Part: e.below(f.part)}
	begun.Ranges.Add(0, acked)
	require.NoError(t, log.File(begun))
	log.Acked(f.key, 0, acked)
	require.NoError(t, log.Close())
	s.dest().Put(absolute(f.part), memfs.File(part))
	return s
}

// The run before died when all was acknowledged and not yet compared.
func TestResumedFileIsVerified(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		whole := data(3 * testChunk)
		s := stopped(t, upload, "?"+whole[1:], int64(len(whole)))
		s.set = func(o *Options) { o.Verify = &Verify{} }
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Equal(t, whole, s.dest().Tree()["/dst/f"].Data)
		require.EqualValues(t, len(whole), sum.Verified)
		require.EqualValues(t, len(whole), sum.Kept)
		require.Zero(t, sum.Bytes)
		require.Len(t, s.job.seen.notices, 1, "the block that was repaired")
	})
}

// What a run without Verify has put in place is not verified.
func TestVerifyAfterARunWithout(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := newStory(t.TempDir(), upload, sizes())
		_, err := s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		s.dest().Put("/dst/fd", memfs.File("?"+data(testBlock)[1:]))
		s.set = func(o *Options) { o.Verify = &Verify{} }
		sum, err := s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Kept)
		s.job.requireSame(t)
		sum, err = s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Bytes, "by now it is")
		s.set = func(*Options) {}
		sum, err = s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Bytes)
	})
}

// What a run without Sync has put in place may not be on stable storage.
func TestSyncAfterARunWithout(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := newStory(t.TempDir(), upload, sizes())
		_, err := s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		s.set = func(o *Options) { o.Sync = true }
		sum, err := s.run(t, 2, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Bytes)
		for name := range below(s.dest(), "/dst") {
			if name != "" {
				require.True(t, s.opened["/dst"+name] || s.opened["dst"+name], name)
			}
		}
	})
}

// A journal that cannot be written any more costs only what an interrupted run would save.
func TestJournalThatFails(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		log, state, err := journal.Open(t.TempDir()+"/journal", journal.Options{})
		require.NoError(t, err)
		require.NoError(t, log.Close())
		j := newJob(upload, 2, sizes())
		j.opt.Journal, j.opt.State = log, state
		_, err = j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
	})
}

// A file that is gone on with changes once more: it is copied anew, and counted once.
func TestResumedFileChanges(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		const size = 3 * testChunk
		s := stopped(t, upload, data(size), testChunk)
		s.first = func(c memfs.Call) bool { return c.Op == "read" && c.Path == "/src/f" }
		s.then = func() { s.source().Put("/src/f", memfs.Node{Mode: 0o640, Data: data(size + 1), ModTime: planned}) }
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Kept)
		require.EqualValues(t, size+1, sum.Bytes)
		require.EqualValues(t, size+1, s.job.opt.Counters.BytesKnown.Load())
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	})
}

// A partial file that is shorter than what the journal knows of it is not the one that the journal knows.
func TestPartialFileThatIsShort(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := stopped(t, upload, "short", testChunk)
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Kept)
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	})
}

// The source was replaced by another file since: a line says so, and what was left of the other goes.
func TestSourceChangedBetweenRuns(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := stopped(t, upload, data(testChunk), testChunk)
		s.source().Put("/src/f", memfs.Node{Mode: 0o640, Data: data(2 * testChunk), ModTime: planned.Add(time.Hour)})
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Zero(t, sum.Kept)
		require.Equal(t, []string{`"/src/f" has changed since the interrupted run: mscp copies it from its start`}, s.job.seen.notices)
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	})
}

// Something else has written to the partial file.
func TestPartialFileThatIsLong(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		s := stopped(t, upload, data(4*testChunk), testChunk)
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.EqualValues(t, testChunk, sum.Kept)
		s.job.requireSame(t)
		require.Empty(t, s.parts())
	})
}

// A rename that a dead run had asked for, and that the server does only now.
func TestRenamedLate(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		const size = 3 * testChunk
		s := stopped(t, upload, data(size), size)
		e, f := s.file(t, "/f")
		log, _, err := journal.Open(s.path(), after(1))
		require.NoError(t, err)
		i, err := s.dest().Stat(f.part)
		require.NoError(t, err)
		e.Journal = log
		e.recordRename(f, i.ModTime)
		require.NoError(t, log.Close())
		stats := 0
		s.first = func(c memfs.Call) bool {
			if c.Op == "stat" && c.Path == f.part {
				stats++
			}
			return stats == 2 // the first one is to see that it is there
		}
		s.then = func() {
			_, err := s.dest().Rename(f.part, f.dst)
			require.NoError(t, err)
		}
		sum, err := s.run(t, 1, after(1), end{})
		require.NoError(t, err)
		require.Empty(t, s.job.seen.failed)
		require.Zero(t, sum.Bytes)
		require.Equal(t, data(size), s.dest().Tree()["/dst/f"].Data)
	})
}
