package fsys

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/oddfs"
)

// A disk that is slow, and many that want something of it: each call that waits takes a thread, and there are few of them.
func TestSlowDiskTakesFewThreads(t *testing.T) {
	const calls, wanted = 12, 80
	backing := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(backing, "f"), nil, 0o600))
	slow := filepath.Join(oddfs.Mount(t, backing, oddfs.Habits{Latency: 250 * time.Millisecond}), "f")
	l := newLocal(limits{calls: calls, files: wanted, listings: 1})
	before := threads(t)
	var all sync.WaitGroup
	for range wanted {
		all.Go(func() {
			_, err := l.Stat(slow)
			require.NoError(t, err)
		})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Wait()
	}()
	most := 0
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		case <-time.After(10 * time.Millisecond):
		}
		most = max(most, threads(t))
	}
	require.Less(t, most-before, 3*calls, "beside those that wait, some run")
}

func threads(t *testing.T) int {
	tasks, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	return len(tasks)
}
