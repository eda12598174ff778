package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/testtree"
)

// roundTrip is one check of one server.
type roundTrip struct {
	*testing.T
	server *sftpServer
	local  string
	name   string // begins the names of what it makes on the server
}

type tripCheck struct {
	name string
	run  func(*roundTrip)
}

func tripChecks() []tripCheck {
	return []tripCheck{
		{"large", (*roundTrip).large},
		{"small", (*roundTrip).small},
		{"over", (*roundTrip).over},
		{"private", (*roundTrip).private},
		{"checked", (*roundTrip).checked},
		{"names", (*roundTrip).names},
		{"times", (*roundTrip).times},
		{"killed", (*roundTrip).killed},
	}
}

// at is a name of this check's on the server.
func (r *roundTrip) at(name string) string { return r.name + "-" + name }

func (r *roundTrip) url(name string) string { return r.server.url(r.at(name)) }

// command is the program with the server's flags, cutting files into chunks of 1 MiB.
func (r *roundTrip) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	r.Cleanup(cancel)
	return r.server.command(ctx, filepath.Join(r.local, "home"), append([]string{"-s", "1m", "-S", "1m"}, args...)...)
}

// command is the program with what it takes to log in. A later -o of the same keyword does not count.
func (s *sftpServer) command(ctx context.Context, home string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "mscp", slices.Concat([]string{"-F", "none", "-P", strconv.Itoa(s.port), "-i", s.key}, args,
		[]string{"-o", "UserKnownHostsFile=" + s.knownHosts, "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"})...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	return cmd
}

// mscp runs the program and returns what it says.
func (r *roundTrip) mscp(args ...string) string {
	r.Helper()
	cmd := r.command(args...)
	out, err := cmd.CombinedOutput()
	require.NoError(r, err, "%v\n%s", cmd.Args, out)
	return string(out)
}

// some runs the program where it may fail at some files.
func (r *roundTrip) some(args ...string) string {
	r.Helper()
	cmd := r.command(args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		require.Equal(r, exitFailed, cmd.ProcessState.ExitCode(), "%v\n%s", cmd.Args, out)
	}
	return string(out)
}

// large copies a file of odd size in 1 MiB chunks, many blocks at once and over all connections.
func (r *roundTrip) large() {
	src := r.random("big", 20<<20+12345)
	r.mscp("-n", "4", src, r.url("big"))
	r.same(src, r.there("big"))
	r.mscp("-n", "4", r.url("big"), filepath.Join(r.local, "back"))
	r.same(src, filepath.Join(r.local, "back"))
}

// small copies files that only their bytes tell apart, twice: the second time into the directory that is there, over the same files.
func (r *roundTrip) small() {
	src, back := filepath.Join(r.local, r.at("alike")), filepath.Join(r.local, "back")
	writeAlike(r, src, 300)
	require.NoError(r, os.Mkdir(back, 0o755))
	require.Contains(r, r.mscp("-D", src, r.server.url("")), r.at("alike"))
	for range 2 {
		r.mscp("-n", "4", src, r.server.url(""))
		mustRun(r, "diff", "-r", src, r.there("alike"))
		r.mscp("-n", "4", r.url("alike"), back)
		mustRun(r, "diff", "-r", src, filepath.Join(back, r.at("alike")))
	}
}

// over replaces what is there by something longer, shorter and empty.
func (r *roundTrip) over() {
	src, back := filepath.Join(r.local, r.at("tree")), filepath.Join(r.local, "back")
	require.NoError(r, os.Mkdir(src, 0o755))
	require.NoError(r, os.Mkdir(back, 0o755))
	for _, sizes := range [][]int64{{100 << 10, 300 << 10, 5, 0, 70 << 10}, {300 << 10, 5, 0, 70 << 10, 6}} {
		for i, size := range sizes {
			writeRandom(r, filepath.Join(src, strconv.Itoa(i+1)), size)
		}
		r.mscp(src, r.server.url(""))
		mustRun(r, "diff", "-r", src, r.there("tree"))
		r.mscp(r.url("tree"), back)
		mustRun(r, "diff", "-r", src, filepath.Join(back, r.at("tree")))
	}
}

// private copies what others may not read and nobody may write, twice.
func (r *roundTrip) private() {
	src, back := filepath.Join(r.local, r.at("tree")), filepath.Join(r.local, "back")
	writeAlike(r, src, 20)
	require.NoError(r, os.Chmod(src, 0o700))
	for i := range 10 {
		require.NoError(r, os.Chmod(filepath.Join(src, alike(i)), 0o444))
	}
	require.NoError(r, os.Mkdir(back, 0o755))
	for range 2 {
		r.mscp(src, r.server.url(""))
		r.mscp(r.url("tree"), back)
		mustRun(r, "diff", "-r", src, filepath.Join(back, r.at("tree")))
	}
	r.compare(src, r.there("tree"), "", lossModes)
}

// checked compares what it copies and puts it on stable storage: neither may spoil it.
func (r *roundTrip) checked() {
	src := filepath.Join(r.local, "tree")
	writeAlike(r, src, 30)
	for i, size := range []int64{0, 5, 100 << 10} {
		writeRandom(r, filepath.Join(src, fmt.Sprint("size", i)), size)
	}
	for _, flag := range []string{"--verify=readback", "--fsync"} {
		r.mscp(flag, src, r.url(flag))
		mustRun(r, "diff", "-r", src, r.there(flag))
		back := filepath.Join(r.local, flag)
		r.mscp(flag, r.url(flag), back)
		mustRun(r, "diff", "-r", src, back)
	}
}

// names copies small files, deep directories, odd names, links and what is read-only. What the server refuses is named.
func (r *roundTrip) names() {
	src := filepath.Join(r.local, "tree")
	_, _, err := testtree.Generate(r.Context(), src, testtree.Spec{Seed: 7, Small: 200, SmallSize: 40 << 10, Depth: 10, Odd: !r.server.endsAtOddNames})
	require.NoError(r, err)
	down := filepath.Join(r.local, "down")
	r.Cleanup(func() {
		require.NoError(r, testtree.Remove(src))
		require.NoError(r, testtree.Remove(down))
	})
	if r.server.endsAtOddNames {
		r.ended()
	}
	out := r.some("-n", "3", src, r.url("up"))
	there := r.there("up")
	r.compare(src, there, out, lossModes, lossNames)
	out = r.some("-n", "3", r.url("up"), down)
	r.compare(there, down, out, lossModes, lossNames)
}

// ended copies a directory whose name ends each connection: it fails with that reason, and what lies beside it is copied.
func (r *roundTrip) ended() {
	src := filepath.Join(r.local, "odd")
	require.NoError(r, os.MkdirAll(filepath.Join(src, "not UTF-8 \xff"), 0o755))
	beside := filepath.Join(src, "plain", "file")
	require.NoError(r, os.Mkdir(filepath.Dir(beside), 0o755))
	require.NoError(r, os.WriteFile(beside, []byte("beside"), 0o644))
	cmd := r.command(src, r.url("odd"))
	out, err := cmd.CombinedOutput()
	require.Error(r, err)
	require.Equal(r, exitFailed, cmd.ProcessState.ExitCode(), "%s", out)
	require.Contains(r, string(out), "ends each connection at this name", "%s", out)
	r.same(beside, filepath.Join(r.there("odd"), "plain", "file"))
}

// times copies a tree with -p. A server that sets no times refuses it: each name is told of, and its bytes are there.
func (r *roundTrip) times() {
	src, down := filepath.Join(r.local, "tree"), filepath.Join(r.local, "down")
	require.NoError(r, os.Mkdir(src, 0o755))
	writeAlike(r, filepath.Join(src, "alike"), 30)
	writeRandom(r, filepath.Join(src, "blocks"), 600<<10)
	at := time.Date(2023, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, name := range []string{"alike", "blocks", "."} {
		require.NoError(r, os.Chtimes(filepath.Join(src, name), at, at))
	}
	out := r.some("-p", src, r.url("up"))
	if strings.Contains(out, "in place, but without its attributes (-p)") {
		r.server.lose(lossTimesRefused)
		r.compare(src, r.there("up"), out)
		return
	}
	r.compare(src, r.there("up"), out, lossTimes, lossDirTimes)
	r.mscp("-p", r.url("up"), down)
	r.compare(src, down, "", lossTimes, lossDirTimes)
}

// killed ends an upload and a download by SIGKILL on the way; the same command goes on.
func (r *roundTrip) killed() {
	src, back := r.random("big", 8<<20), filepath.Join(r.local, "back")
	r.killedOnce(src, r.url("big"))
	r.same(src, r.there("big"))
	if r.server.spoilsCutOff {
		return
	}
	r.killedOnce(r.url("big"), back)
	r.same(src, back)
}

func (r *roundTrip) killedOnce(from, to string) {
	slow := r.command("-L", "30m", from, to)
	require.NoError(r, slow.Start())
	time.Sleep(500 * time.Millisecond)
	require.NoError(r, slow.Process.Kill())
	_ = slow.Wait()
	r.mscp(from, to)
}

// there is what lies on the server, on this machine. Another client fetches it from a server that keeps its files to itself.
func (r *roundTrip) there(name string) string {
	r.Helper()
	if !r.server.hides {
		return filepath.Join(r.server.dir, r.at(name))
	}
	to := filepath.Join(r.TempDir(), r.at(name))
	r.server.fetch(r, r.server.path(r.at(name)), to)
	return to
}

func (r *roundTrip) same(a, b string) {
	r.Helper()
	mustRun(r, "cmp", a, b)
}

func (r *roundTrip) random(name string, size int64) string {
	r.Helper()
	path := filepath.Join(r.local, name)
	writeRandom(r, path, size)
	return path
}

func writeRandom(t testing.TB, name string, size int64) {
	t.Helper()
	out, err := exec.Command("head", "-c", strconv.FormatInt(size, 10), "/dev/urandom").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, out, 0o644))
}

// writeAlike makes a directory of files of equal size and time that differ in their bytes.
func writeAlike(t testing.TB, dir string, n int) {
	t.Helper()
	require.NoError(t, os.Mkdir(dir, 0o755))
	at := time.Date(2024, 3, 5, 7, 11, 13, 0, time.UTC)
	for i := range n {
		name := filepath.Join(dir, alike(i))
		require.NoError(t, os.WriteFile(name, fmt.Appendf(nil, "these are bytes %5d\n", i), 0o644))
		require.NoError(t, os.Chtimes(name, at, at))
	}
}

func alike(i int) string { return fmt.Sprintf("f%03d", i) }
