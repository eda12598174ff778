package journal

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// A million small files: at most 64 bytes of disk for each, and 32 of memory, counted over all that a replay ever
// allocates, and not only what is left of it.
func TestAMillionFiles(t *testing.T) {
	const files = 1_000_000
	j, path := fresh(t)
	for i := range files {
		j.Commit(key(i))
	}
	require.NoError(t, j.Close())
	perFile := float64(size(t, path)) / files
	t.Logf("%.1f bytes of disk per file", perFile)
	require.Less(t, perFile, 64.0)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	j, s, err := Open(path, never)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	defer func() { require.NoError(t, j.Close()) }()
	perFile = float64(after.TotalAlloc-before.TotalAlloc) / files
	t.Logf("%.1f bytes of memory per file", perFile)
	require.Less(t, perFile, 32.0)

	require.Equal(t, files, s.Len())
	for i := 0; i < files; i += 999 {
		require.True(t, s.Committed(key(i)), i)
		require.False(t, s.Committed(key(files+i)), i)
	}
}

// The replay's speed, and with it how long a resumed run waits before its first byte.
func BenchmarkReplay(b *testing.B) {
	path := b.TempDir() + "/journal"
	data := appendRecord([]byte(header), typeJob, nil)
	for i := range 1_000_000 {
		data = appendCommit(data, key(i))
	}
	require.NoError(b, os.WriteFile(path, data, 0o600))
	for b.Loop() {
		j, s, err := Open(path, never)
		require.NoError(b, err)
		require.Equal(b, 1_000_000, s.Len())
		require.NoError(b, j.Close())
	}
}

func BenchmarkAcked(b *testing.B) {
	j, _ := fresh(b)
	require.NoError(b, j.File(begun(1)))
	var off int64
	for b.Loop() {
		j.Acked(key(1), off, 1<<18)
		off += 1 << 18
	}
}

func BenchmarkCommit(b *testing.B) {
	j, _ := fresh(b)
	for i := 0; b.Loop(); i++ {
		j.Commit(key(i))
	}
}
