package journal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// wasteful is a journal of about 4 MiB that says little.
func wasteful(t *testing.T) (string, content) {
	t.Helper()
	b := appendRecord([]byte(header), typeJob, []byte("the job"))
	big := begun(1)
	b = appendFile(b, &big)
	for i := range int64(64 << 10) {
		b = appendRange(b, big.Key, i*2, 1)
		b = appendRange(b, big.Key, i*2+1, 1)
	}
	big.Ranges.Add(0, 128<<10)
	b = appendCommit(b, key(2))
	b = appendCommit(b, key(3))
	again := begun(3)
	b = appendFile(b, &again)
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	require.Greater(t, len(b), 3<<20)
	return path, content{Job: "the job", Committed: []Key{key(2)}, Files: map[Key]File{big.Key: big, again.Key: again}}
}

func TestCompaction(t *testing.T) {
	path, want := wasteful(t)
	require.NoError(t, os.WriteFile(path+".new", []byte("the rest of a run that died"), 0o600))
	j, s := opened(t, path, never)
	require.Equal(t, want, contentOf(s))
	require.Less(t, size(t, path), int64(1000))
	require.NoFileExists(t, path+".new")
	requireLocked(t, path, os.Getpid())
	j.Acked(key(1), 1<<20, 5)
	j.Commit(key(4))
	_, s = reopened(t, j, path)
	big := want.Files[key(1)]
	big.Ranges.Add(1<<20, 5)
	want.Files[key(1)] = big
	want.Committed = append(want.Committed, key(4))
	require.Equal(t, want.sorted(), contentOf(s))
}

func TestCompactionThatFailsCostsNothing(t *testing.T) {
	path, want := wasteful(t)
	require.NoError(t, os.MkdirAll(filepath.Join(path+".new", "in the way"), 0o700))
	before := size(t, path)
	j, s := opened(t, path, never)
	require.Equal(t, want, contentOf(s))
	require.Equal(t, before, size(t, path))
	requireLocked(t, path, os.Getpid())
	j.Commit(key(4))
	_, s = reopened(t, j, path)
	require.Equal(t, 2, s.Len())
}

// A run that waits has the old file open when the new one takes its name.
func TestCompactedWhileWaiting(t *testing.T) {
	path, want := wasteful(t)
	opens := 0
	_, s := opened(t, path, Options{opened: func() {
		if opens++; opens == 1 {
			j, _ := opened(t, path, never)
			j.Commit(key(4))
			require.NoError(t, j.Close())
		}
	}})
	require.Equal(t, 2, opens)
	want.Committed = append(want.Committed, key(4))
	require.Equal(t, want.sorted(), contentOf(s))
}

func TestMostlyUpToDateIsNotCompacted(t *testing.T) {
	b := appendRecord([]byte(header), typeJob, nil)
	for i := range 60_000 {
		b = appendCommit(b, key(i))
	}
	for i := range compactAbove/commitSize + 1000 {
		b = appendCommit(b, key(i)) // once more
	}
	path := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	before, err := os.Stat(path)
	require.NoError(t, err)
	opened(t, path, never)
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
	require.EqualValues(t, len(b), after.Size())
}
