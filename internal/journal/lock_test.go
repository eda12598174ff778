package journal

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func requireLocked(t *testing.T, path string, pid int) {
	t.Helper()
	_, _, err := Open(path, never)
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, path, locked.Path)
	// Some file systems (overlay) show other numbers in /proc/locks than in stat: then the process is not known.
	require.Contains(t, []int{0, pid}, locked.PID)
}

func TestASecondRunIsRefused(t *testing.T) {
	j, path := fresh(t)
	requireLocked(t, path, os.Getpid())
	j.Commit(key(1))
	require.NoError(t, j.Close())
	j, s := opened(t, path, never)
	require.True(t, s.Committed(key(1)))
	requireLocked(t, path, os.Getpid())
	require.NoError(t, j.Remove())
	require.NoFileExists(t, path)
	_, s = opened(t, path, never)
	require.Nil(t, s.Job())
}

func TestARefusedRunLeavesTheJournalAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	opened(t, path, never)
	require.NoError(t, os.WriteFile(path, []byte("torn, or half written by the other run"), 0o600))
	requireLocked(t, path, os.Getpid())
	require.EqualValues(t, 38, size(t, path))
}

func TestWithoutLocksNobodyIsRefused(t *testing.T) {
	_, path := fresh(t)
	_, s := opened(t, path, Options{NoLock: true})
	require.NotNil(t, s.Job())
}

// hold is the other process of TestDeathUnlocks.
func hold(path string) {
	j, _, err := Open(path, never)
	if err == nil {
		err = j.Begin([]byte("the job"))
	}
	if err == nil {
		j.Commit(key(1))
		j.flush() // written, not synced
		j.Commit(key(2))
	}
	fmt.Println("held", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestDeathUnlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "MSCP_TEST_HOLD_JOURNAL="+path)
	in, err := other.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held <nil>\n", line)
	requireLocked(t, path, other.Process.Pid)
	require.NoError(t, other.Process.Kill())
	require.Error(t, other.Wait())
	_, s := opened(t, path, never)
	require.Equal(t, "the job", string(s.Job()))
	require.True(t, s.Committed(key(1)), "what is written survives")
	require.Equal(t, 1, s.Len(), "what is in memory does not")
}

// The other run ends between our open and our lock: the lock is that of a file that has no name any more.
func TestRemovedWhileWaiting(t *testing.T) {
	other, path := fresh(t)
	opens := 0
	_, s := opened(t, path, Options{opened: func() {
		if opens++; opens == 1 {
			require.NoError(t, other.Remove())
		}
	}})
	require.Equal(t, 2, opens)
	require.Nil(t, s.Job())
	require.FileExists(t, path)
	requireLocked(t, path, os.Getpid())
}

func TestReplacedWhileWaiting(t *testing.T) {
	other, path := fresh(t)
	opens := 0
	_, s := opened(t, path, Options{opened: func() {
		if opens++; opens == 1 {
			require.NoError(t, other.Remove())
			next, _ := opened(t, path, never)
			require.NoError(t, next.Begin([]byte("the next job")))
			require.NoError(t, next.Close())
		}
	}})
	require.Equal(t, 2, opens)
	require.Equal(t, "the next job", string(s.Job()))
}

// Files that vanish again and again do not keep Open for ever.
func TestRemovedEveryTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	_, _, err := Open(path, Options{opened: func() { require.NoError(t, os.Remove(path)) }})
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
}

func TestRemoveLeavesAnotherRunsFile(t *testing.T) {
	j, path := fresh(t)
	require.NoError(t, os.Remove(path)) // by the user
	other, _ := opened(t, path, never)
	require.NoError(t, other.Begin([]byte("other")))
	require.NoError(t, j.Remove())
	require.FileExists(t, path)
	_, s := reopened(t, other, path)
	require.Equal(t, "other", string(s.Job()))
}
