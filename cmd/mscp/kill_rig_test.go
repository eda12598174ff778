//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
	"mscp/internal/testtree"
)

const (
	killRate     = 1_500_000               // bytes per second that the copies are held to
	killBlock    = 8 << 10                 // bytes
	killInflight = 2 * (8 + 8) * killBlock // of 2 lanes: blocks, and small files, of which none is larger than a block
)

// killRig is a server, and a place for copies from or to it.
type killRig struct {
	upload bool
	server *sshdtest.Server
	home   string
	dir    string
	spec   testtree.Spec
	random *rand.Rand
	rounds int
}

func newKillRig(t *testing.T, upload bool, spec testtree.Spec) *killRig {
	return &killRig{upload: upload, server: sshdtest.Start(t), home: t.TempDir(), dir: t.TempDir(), spec: spec, random: seed(t)}
}

// mixed is a tree of files of all sizes, with all that testtree knows.
func mixed() testtree.Spec {
	return testtree.Spec{Large: []int64{3 << 20, 2<<20 + 1, 1 << 20}, Small: 200, SmallSize: killBlock, Depth: 4, Odd: true}
}

// killCopy is a copy of one tree, by one run or several.
type killCopy struct {
	rig      *killRig
	src, dst string // the trees
	args     []string
	preserve bool
	size     int64 // bytes
	runs     int
	may      map[string][]string // what each file that is overwritten may hold, by path
}

// newCopy makes a tree and, every other time, older files where it is to land. Every third time -p is left out.
func (r *killRig) newCopy(t *testing.T) *killCopy {
	dir := filepath.Join(r.dir, fmt.Sprint(r.rounds))
	c := &killCopy{
		rig: r, src: filepath.Join(dir, "src"), dst: filepath.Join(dir, "dst"),
		preserve: r.rounds%3 != 2, may: map[string][]string{},
	}
	require.NoError(t, os.Mkdir(dir, 0o755))
	t.Cleanup(func() { _ = testtree.Remove(dir) })
	var err error
	spec := r.spec
	spec.Seed = uint64(r.rounds)
	_, c.size, err = testtree.Generate(t.Context(), c.src, spec)
	require.NoError(t, err)
	c.args = c.command()
	if r.rounds%2 == 1 && r.spec.Small > 0 {
		c.dst = filepath.Join(c.dst, "src")
		c.overwrite(t, "large-0.bin", 4<<20)
		c.overwrite(t, "large-1.bin", 100)
		c.overwrite(t, "small/1/150.dat", 50_000)
		c.overwrite(t, "small/1/151.dat", 1)
	}
	r.rounds++
	return c
}

// overwrite puts an older file where one of the tree is to land.
func (c *killCopy) overwrite(t *testing.T, name string, size int) {
	now, err := os.ReadFile(filepath.Join(c.src, name))
	require.NoError(t, err)
	path := filepath.Join(c.dst, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	old := bytes.Repeat([]byte{'o'}, size)
	require.NoError(t, os.WriteFile(path, old, 0o644))
	c.may[path] = []string{string(old), string(now)}
}

func (c *killCopy) command() []string {
	s := c.rig.server
	args := []string{
		"--json", "--progress-interval", "20ms", "-F", "none", "-P", fmt.Sprint(s.Port), "-i", s.ClientKey, "-l", s.User,
		"-o", "UserKnownHostsFile=" + s.KnownHosts, "-o", "GlobalKnownHostsFile=none",
		"-n", "2", "-s", "128k", "-S", "128k", "-b", fmt.Sprint(killBlock), "-a", "8", "-L", fmt.Sprint(8 * killRate),
	}
	if c.preserve {
		args = append(args, "-p")
	}
	if c.rig.upload {
		return append(args, c.src, s.Host+":"+c.dst)
	}
	return append(args, s.Host+":"+c.src, c.dst)
}

// killRun is one run of the program.
type killRun struct {
	cmd     *exec.Cmd
	events  string // the file that is its standard output
	stderr  bytes.Buffer
	ended   chan struct{}
	outcome ending // once ended
}

type ending struct {
	code    int // -1: killed
	stderr  string
	bytes   int64 // acknowledged, as far as the events tell
	summary tally
}

func (c *killCopy) start(t *testing.T) *killRun {
	c.runs++
	r := &killRun{cmd: exec.Command("mscp", c.args...), events: c.src + ".events", ended: make(chan struct{})}
	out, err := os.Create(r.events)
	require.NoError(t, err)
	r.cmd.Env = append(os.Environ(), "HOME="+c.rig.home, "XDG_STATE_HOME=", "GORACE=atexit_sleep_ms=0")
	r.cmd.Stdout, r.cmd.Stderr = out, &r.stderr
	require.NoError(t, r.cmd.Start())
	require.NoError(t, out.Close())
	go func() {
		defer close(r.ended)
		_ = r.cmd.Wait()
		events, _ := os.ReadFile(r.events)
		r.outcome = ending{code: r.cmd.ProcessState.ExitCode(), stderr: r.stderr.String(), bytes: lastBytes(string(events))}
		r.outcome.summary, _ = readTally(string(events))
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.ended
	})
	return r
}

// waitBegun waits for the first event: the server was reached, and the copy is under way.
func (r *killRun) waitBegun() {
	for {
		if info, err := os.Stat(r.events); err != nil || info.Size() > 0 || r.ends(5*time.Millisecond) {
			return
		}
	}
}

// lastBytes is what the last event that counts bytes says.
func lastBytes(events string) (n int64) {
	for line := range strings.Lines(events) {
		var event struct {
			Event string
			Bytes int64
		}
		if json.Unmarshal([]byte(line), &event) == nil && (event.Event == "progress" || event.Event == "summary") {
			n = event.Bytes
		}
	}
	return n
}

// ends waits for the end of a run, but not for longer than so.
func (r *killRun) ends(within time.Duration) bool {
	select {
	case <-r.ended:
		return true
	case <-time.After(within):
		return false
	}
}

func (r *killRun) wait() ending {
	<-r.ended
	return r.outcome
}

// kill sends a signal after a time, and waits for the end. It reports whether the run had come to its end by itself.
func (r *killRun) kill(after time.Duration, sig syscall.Signal) bool {
	if r.ends(after) {
		return true
	}
	_ = r.cmd.Process.Signal(sig)
	<-r.ended
	return r.outcome.code == 0
}

// requireSame compares contents and modes, and with -p the times.
func (c *killCopy) requireSame(t *testing.T) {
	if c.preserve {
		require.NoError(t, testtree.Compare(t.Context(), c.src, c.dst))
		return
	}
	var trees [2]testtree.Tree
	for i, dir := range []string{c.src, c.dst} {
		tree, err := testtree.Digest(t.Context(), dir)
		require.NoError(t, err)
		for name, n := range tree {
			n.Time = 0
			tree[name] = n
		}
		trees[i] = tree
	}
	require.NoError(t, trees[0].Diff(trees[1]))
}

// requireNoMixture checks that what was there before is all old or all new.
func (c *killCopy) requireNoMixture(t *testing.T) {
	for path, may := range c.may {
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		if s := string(now); s != may[0] && s != may[1] {
			t.Fatalf("%s is a mixture, of %d bytes", path, len(now))
		}
	}
}

// parts are the partial files, and whatever else of ours is left.
func (c *killCopy) parts(t *testing.T) (found []string) {
	require.NoError(t, filepath.WalkDir(filepath.Dir(c.src), func(path string, d fs.DirEntry, err error) error {
		if base := filepath.Base(path); err == nil && (strings.HasSuffix(base, ".mscp-part") || strings.Contains(base, "mscp-probe")) {
			found = append(found, path)
		}
		return err
	}))
	return found
}
