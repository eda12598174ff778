package plan

import (
	"errors"
	"io/fs"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// A hundred thousand of a million names match: planning holds none of them, and each lands as the match of a pattern does.
func TestPatternWithManyMatches(t *testing.T) {
	const growth = 32 << 20
	src := noPatterns{million(true, 1_000_000)}
	dst := memfs.New("dst", map[string]memfs.Node{"/": memfs.Dir()})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Expand(src, "/big/entry-*9", 1000)
	var many *ManyError
	require.ErrorAs(t, err, &many)
	l, err := LandMatches(src, dst, many, "/new")
	require.NoError(t, err)
	sink := &counter{}
	require.NoError(t, Walk(t.Context(), src, l.Items, 4, sink))
	require.EqualValues(t, 100_000, sink.files.Load())
	require.Zero(t, sink.dirs.Load())
	require.Less(t, sink.mostHeap.Load()-int64(before.HeapAlloc), int64(growth))
}

// noPatterns has no file that is called like a pattern.
type noPatterns struct{ fsys.FS }

func (n noPatterns) Lstat(p string) (fsys.Info, error) {
	if hasMeta(p) {
		return fsys.Info{}, &fsys.Error{Side: "src", Op: "lstat", Path: p, Err: fs.ErrNotExist}
	}
	return n.FS.Lstat(p)
}

// What lands where is the same whether the matches are held or walked.
func TestWalkedMatchesLandAsHeldOnes(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/d": memfs.Dir(), "/d/a1": memfs.File("x"), "/d/a2": memfs.Dir(), "/d/a2/in": memfs.File("y"),
		"/d/b": memfs.File("z"), "/d/.a3": memfs.File("hidden"), "/d/a4": memfs.Link("b"),
	})
	for _, target := range []string{"/there", "/new"} {
		dst := memfs.New("dst", map[string]memfs.Node{"/there": memfs.Dir()})
		paths, err := expandAll(src, []string{"/d/a*"})
		require.NoError(t, err)
		held, err := Land(src, dst, paths, target)
		require.NoError(t, err)
		_, err = Expand(src, "/d/a*", 2)
		var many *ManyError
		require.ErrorAs(t, err, &many)
		walked, err := LandMatches(src, dst, many, target)
		require.NoError(t, err)
		require.Equal(t, held.Root, walked.Root)
		require.Equal(t, held.RootExists, walked.RootExists)
		require.Equal(t, landings(t, src, held), landings(t, src, walked))
	}
}

func landings(t *testing.T, src fsys.FS, l *Landing) []map[string]string {
	sink := newRecorder()
	require.NoError(t, Walk(t.Context(), src, l.Items, 2, sink))
	return []map[string]string{sink.files, sink.dirs, sink.skipped}
}

func TestPatternsThatCannotBeWalked(t *testing.T) {
	for pattern, can := range map[string]bool{
		"*": true, "/d/a*": true, "d/*": true, "*/x": false, "*/a*": false, "d/*/": false, "d?/x*": false,
	} {
		require.Equal(t, can, CanWalk(pattern), pattern)
	}
	src := noPatterns{million(true, 300, 300)}
	_, err := Expand(src, "/big/*/*", 1000)
	require.ErrorAs(t, err, new(*ManyError))
	found, err := Expand(src, "/big/*/entry-1", 1000)
	require.NoError(t, err)
	require.Len(t, found, 300)
}

// Matches that lie in the target, or are the target, are found also when they are walked.
func TestSelfCopyOfWalkedMatches(t *testing.T) {
	nodes := map[string]memfs.Node{"/d/sub": memfs.Dir(), "/d/other": memfs.Dir()}
	for i := range 5 {
		nodes["/d/f"+strconv.Itoa(i)] = memfs.File("x")
	}
	one := memfs.New("one", nodes)
	for target, same := range map[string]bool{"/d": true, "/d/sub": false, "/d/f-dir": true, "/elsewhere": false} {
		l, err := LandMatches(one, one, &ManyError{Pattern: "/d/f*"}, target)
		require.NoError(t, err)
		err = selfCopy(one, one, l, zeros())
		require.Equal(t, same, errors.As(err, new(*SelfCopyError)), "%s: %v", target, err)
	}
	_, err := LandMatches(one, one, &ManyError{Pattern: "/d/f*"}, "/d/f1")
	require.ErrorIs(t, err, fsys.ErrNotDir)
}

// What a listing has told of a match is not asked for again.
func TestMatchesComeWithTheirAttributes(t *testing.T) {
	src := &statCounter{FS: noPatterns{million(true, 100)}}
	early := EarlySources(src, []string{"/big/*"})
	paths, err := expandAll(early, []string{"/big/*"})
	require.NoError(t, err)
	early.Wait()
	dst := memfs.New("dst", map[string]memfs.Node{"/there": memfs.Dir()})
	l, err := Land(early, dst, paths, "/there")
	require.NoError(t, err)
	require.Len(t, l.Items, 100)
	require.Equal(t, fs.FileMode(0o644), l.Items[0].Info.Mode)
	require.Zero(t, src.stats)
}

type statCounter struct {
	fsys.FS
	mu    sync.Mutex
	stats int
}

func (s *statCounter) Stat(p string) (fsys.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats++
	return s.FS.Stat(p)
}
