package measure

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOrphansCount(t *testing.T) {
	for _, how := range []string{"leave burn 0.3", "daemon burn 0.3", "daemon daemon burn 0.3", "daemon leave daemon burn 0.3", "daemon daemon daemon daemon leave burn 0.3"} {
		u, err := Run(t.Context(), self(t, how))
		require.NoError(t, err)
		require.GreaterOrEqual(t, u.User+u.System, 0.3, how)
		require.Empty(t, children(os.Getpid()), how)
	}
}

func TestWhatIsLeftBehindIsEnded(t *testing.T) {
	for _, how := range []string{"leave stubborn", "daemon stubborn stubborn"} {
		c := self(t, how)
		c.Grace = 300 * time.Millisecond
		_, err := Run(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, children(os.Getpid()), how)
	}
}

func TestWholeTreeIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	c := self(t, "stubborn stubborn stubborn")
	c.Grace = 100 * time.Millisecond
	enough := errors.New("enough")
	pids := make(chan string, 3)
	c.Start = func(cmd *exec.Cmd) error { // says when all three are there
		err := cmd.Start()
		go func() {
			defer close(pids)
			for len(below(cmd.Process.Pid)) < 2 {
				time.Sleep(time.Millisecond)
			}
			for _, pid := range append(below(cmd.Process.Pid), cmd.Process.Pid) {
				pids <- strconv.Itoa(pid)
			}
			cancel(enough)
		}()
		return err
	}
	_, err := Run(ctx, c)
	require.ErrorIs(t, err, enough)
	var all []int
	for text := range pids {
		pid, err := strconv.Atoi(text)
		require.NoError(t, err)
		all = append(all, pid)
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	}
	require.Len(t, all, 3)
	require.Empty(t, children(os.Getpid()))
}

func below(pid int) (all []int) {
	for _, child := range children(pid) {
		all = append(append(all, child), below(child)...)
	}
	return all
}

// TestMemoryBesideALargerParent: what wait4 says is then this process's size.
func TestMemoryBesideALargerParent(t *testing.T) {
	ballast := make([]byte, 200<<20)
	for i := range ballast {
		ballast[i] = byte(i)
	}
	require.InDelta(t, 75e6, peakOf(t, 50_000_000), 25e6)
	require.EqualValues(t, 77, ballast[77]) // it is there until here
}

func TestChildren(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	require.NoError(t, cmd.Start())
	require.Equal(t, []int{cmd.Process.Pid}, children(os.Getpid()))
	require.Equal(t, []int{cmd.Process.Pid}, childrenByParent(os.Getpid()))
	require.Equal(t, session(os.Getpid()), session(cmd.Process.Pid))
	require.Positive(t, peakRSS(cmd.Process.Pid))
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Zero(t, peakRSS(cmd.Process.Pid))
	require.Zero(t, session(cmd.Process.Pid))
}

// TestOrphanThatNobodySaw had a session of its own and no environment any more when it was first looked at.
func TestOrphanThatNobodySaw(t *testing.T) {
	for range 20 {
		c := sh("while grep -q 'file locks *unlimited' /proc/$$/limits; do :; done; setsid sh -c 'setsid sh -c : & setsid true &' & sleep 0.01")
		_, err := Run(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, children(os.Getpid()))
	}
}

func TestMarksDiffer(t *testing.T) {
	a, b := newTree(), newTree()
	require.True(t, strings.HasPrefix(a.variable(), "MSCP_MEASURE="))
	require.NotEqual(t, a.variable(), b.variable())
	require.NotEqual(t, a.limit, b.limit)
	require.Less(t, a.limit, uint64(1)<<62)
}
