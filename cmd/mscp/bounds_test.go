//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/oddfs"
	"mscp/internal/sshserver"
)

// limited is the program with a limit of the shell's ulimit.
func (r *rig) limited(limit string, args ...string) *exec.Cmd {
	cmd := r.command(args...)
	program := append([]string{"/bin/sh", "-c", "ulimit " + limit + " && exec \"$@\"", "sh"}, cmd.Args...)
	program[4] = cmd.Path
	cmd.Path, cmd.Args = "/bin/sh", program
	return cmd
}

func (r *rig) many(dir string, n int) {
	for i := range n {
		r.make(fmt.Sprintf("%s/d%d/f%d", dir, i%7, i), 1+i%100)
	}
}

// With few open files allowed, all files are copied: those that cannot be opened yet wait.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, sshserver.Options{})
	r.many("src", 1500)
	r.make("src/large", 3_000_000)
	for _, way := range [][2]string{{"src/.", "server:up"}, {"server:src/.", "down"}} {
		for _, n := range []string{"4", "12"} {
			dst := way[1] + n
			args := append(chunky("-n", n), way[0], dst)
			out, err := r.limited("-n 64", args...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			r.same("src", strings.TrimPrefix(dst, "server:"))
		}
	}
}

// However slow a disk is, and whatever -n, the program has few threads: each call that waits for the disk takes one.
func TestSlowDiskTakesFewThreads(t *testing.T) {
	t.Parallel()
	const files, most = 300, 90 // 256 open files allow 32 calls at once
	r := faultyServer(t, withFaults(sshserver.SyntheticDir("/many", files, 3)))
	slow := oddfs.Mount(t, t.TempDir(), oddfs.Habits{Latency: 3 * time.Millisecond})
	cmd := r.limited("-n 256", "-n", "16", "server:/many", filepath.Join(slow, "copy"))
	var out strings.Builder
	cmd.Stderr = &out
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	threads := peakThreads(cmd.Process.Pid, ended)
	require.Zero(t, cmd.ProcessState.ExitCode(), out.String())
	names, err := os.ReadDir(filepath.Join(slow, "copy"))
	require.NoError(t, err)
	require.Len(t, names, files)
	t.Logf("%d threads", threads)
	require.Positive(t, threads)
	require.Less(t, threads, most)
}

// peakThreads watches a process until it has ended.
func peakThreads(pid int, ended <-chan error) (most int) {
	for {
		select {
		case <-ended:
			return most
		case <-time.After(2 * time.Millisecond):
		}
		tasks, _ := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task")) // it may be gone
		most = max(most, len(tasks))
	}
}
