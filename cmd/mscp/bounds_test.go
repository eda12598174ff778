//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

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

// many makes n files in so many directories.
func (r *rig) many(dir string, n, dirs int) {
	for i := range n {
		r.make(fmt.Sprintf("%s/d%d/f%d", dir, i%dirs, i), 1+i%100)
	}
}

// With few open files allowed, all files are copied: those that cannot be opened yet wait, and connections that cannot be made are not.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, sshserver.Options{})
	r.many("src", 400, 40)
	r.make("src/large", 3_000_000)
	for _, way := range [][2]string{{"src/.", "server:up"}, {"server:src/.", "down"}} {
		args := append(chunky("-n", "12"), way[0], way[1])
		out, err := r.limited("-n 32", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	r.same("src", "up")
	r.same("src", "down")
}
