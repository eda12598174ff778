package measure

import (
	"bytes"
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
	"pgregory.net/rapid"
)

func sh(script string) Command { return Command{Args: []string{"sh", "-c", script}} }

func TestOutput(t *testing.T) {
	c := sh("cat; pwd; echo $A >&2")
	c.Stdin, c.Dir, c.Env = "in\n", "/", []string{"A=b"}
	u, err := Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, "in\n/\n", string(u.Stdout))
	require.Equal(t, "b\n", string(u.Stderr))
	require.Positive(t, u.Seconds)
	require.Zero(t, u.Connections)
}

func TestStdinThatNobodyReads(t *testing.T) {
	c := sh("exit 0")
	c.Stdin = strings.Repeat("x", 1<<20) // more than a pipe holds
	_, err := Run(t.Context(), c)
	require.NoError(t, err)
}

func TestNoInputAndNoTerminal(t *testing.T) {
	u, err := Run(t.Context(), sh("cat; (: < /dev/tty) 2> /dev/null && echo terminal"))
	var exit *ExitError
	require.ErrorAs(t, err, &exit)
	require.Empty(t, u.Stdout)
}

func TestOutputIsBounded(t *testing.T) {
	u, err := Run(t.Context(), self(t, "flood", "5000000"))
	require.NoError(t, err)
	require.Len(t, u.Stdout, kept)
	require.True(t, bytes.HasSuffix(u.Stdout, []byte("..END")))
}

func TestTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := tail{keep: rapid.IntRange(0, 20).Draw(t, "keep")}
		var all []byte
		for _, p := range rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "writes") {
			n, err := a.Write(p)
			require.NoError(t, err)
			require.Equal(t, len(p), n)
			all = append(all, p...)
		}
		require.Equal(t, string(all[max(0, len(all)-a.keep):]), string(a.bytes()))
		require.LessOrEqual(t, len(a.b), 2*a.keep)
	})
}

func TestExit(t *testing.T) {
	_, err := Run(t.Context(), sh("echo first >&2; echo why >&2; echo >&2; exit 3"))
	var exit *ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, ExitError{Code: 3, Stderr: []byte("first\nwhy\n\n")}, *exit)
	require.EqualError(t, err, "exit status 3: why")

	_, err = Run(t.Context(), sh("kill -ABRT $$"))
	require.ErrorAs(t, err, &exit)
	require.Equal(t, -1, exit.Code)
	require.Equal(t, syscall.SIGABRT, exit.Signal)
}

func TestCannotStart(t *testing.T) {
	_, err := Run(t.Context(), Command{Args: []string{"no such command"}})
	require.ErrorIs(t, err, exec.ErrNotFound)
	_, err = Run(t.Context(), Command{})
	require.Error(t, err)
	broken := errors.New("broken")
	_, err = Run(t.Context(), Command{Args: []string{"true"}, Stdin: "x", Start: func(*exec.Cmd) error { return broken }})
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, sh("exit 0"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestTimeout(t *testing.T) {
	c := sh("echo out; sleep 1000")
	c.Timeout = time.Second
	u, err := Run(t.Context(), c)
	require.ErrorIs(t, err, ErrTimeout)
	require.EqualError(t, err, "timed out after 1s")
	require.GreaterOrEqual(t, u.Seconds, 1.0)
}

func TestCPU(t *testing.T) {
	u, err := Run(t.Context(), self(t, "burn", "0.3"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, u.User+u.System, 0.3)
	require.Less(t, u.User+u.System, 1.0)
	require.GreaterOrEqual(t, u.Seconds, 0.1)
}

func TestMemory(t *testing.T) { require.InDelta(t, 225e6, peakOf(t, 200_000_000), 25e6) }

// peakOf measures a command that has so many bytes for longer and longer, until a loaded machine has seen them.
func peakOf(t *testing.T, size int) int64 {
	for hold := 200 * time.Millisecond; ; hold *= 2 {
		u, err := Run(t.Context(), self(t, "size", strconv.Itoa(size), hold.String()))
		require.NoError(t, err)
		if u.PeakRSS >= int64(size) || hold > 10*time.Second {
			return u.PeakRSS
		}
	}
}

func TestOtherChildrenAreLeftAlone(t *testing.T) {
	before := exec.Command("sh", "-c", "exit 7")
	require.NoError(t, before.Start())
	during := exec.Command("sh", "-c", "exit 8")
	c := sh("sleep 0.2")
	c.Start = func(cmd *exec.Cmd) error { return errors.Join(during.Start(), cmd.Start()) }
	_, err := Run(t.Context(), c)
	require.NoError(t, err)
	var exit *exec.ExitError
	require.ErrorAs(t, before.Wait(), &exit)
	require.Equal(t, 7, exit.ExitCode())
	require.ErrorAs(t, during.Wait(), &exit)
	require.Equal(t, 8, exit.ExitCode())
}

func TestConcurrent(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 5 {
				u, err := Run(t.Context(), sh("(sleep 0.01; echo out) & wait"))
				require.NoError(t, err)
				require.Equal(t, "out\n", string(u.Stdout))
			}
		})
	}
}

func TestNothingStaysOpen(t *testing.T) {
	open := func() int {
		files, err := os.ReadDir("/dev/fd")
		require.NoError(t, err)
		return len(files)
	}
	c := sh("exit 0")
	c.Port, c.Stdin = 22, "x"
	_, _ = Run(t.Context(), c) // opens the runtime's own
	before := open()
	for range 10 {
		_, err := Run(t.Context(), c)
		require.NoError(t, err)
	}
	c.Args = []string{"no such command"}
	_, err := Run(t.Context(), c)
	require.Error(t, err)
	require.Equal(t, before, open())
}
