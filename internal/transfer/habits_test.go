package transfer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"mscp/internal/chunker"
	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/sshserver"
	"mscp/internal/transfer"
)

// habit is what a server of another make does.
type habit struct {
	name  string
	fault func() sshserver.Fault
	ends  error // which it leaves no way around, in uploads
}

func habits() []habit {
	ss := func(f func() sshserver.Fault) func() sshserver.Fault { return f }
	says := func(k sshserver.Kind, code, instead sshserver.Code) func() sshserver.Fault {
		return func() sshserver.Fault { return sshserver.Says(k, code, instead) }
	}
	refuses := func(k sshserver.Kind, code sshserver.Code) func() sshserver.Fault {
		return func() sshserver.Fault { return sshserver.Fail(k, "", 0, code) }
	}
	return []habit{
		{"one handle for several files", ss(sshserver.SharedHandles), nil},
		{"CLOSE first", ss(sshserver.CloseFirst), nil},
		{"a size empties", ss(sshserver.SizeEmpties), nil},
		{"five open files", func() sshserver.Fault { return sshserver.FewOpen(5, sshserver.PermissionDenied) }, nil},
		{"three open files", func() sshserver.Fault { return sshserver.FewOpen(3, sshserver.Failure) }, nil},
		{"no FSTAT", refuses(sshserver.Fstat, sshserver.OpUnsupported), nil},
		{"no FSETSTAT", refuses(sshserver.Fsetstat, sshserver.Failure), nil},
		{"no LSTAT", refuses(sshserver.Lstat, sshserver.OpUnsupported), nil},
		{"no RENAME", ss(sshserver.NoRename), transfer.ErrNoRename},
		{"no posix-rename", func() sshserver.Fault { return sshserver.Without(sshserver.ExtPosixRename) }, nil},
		{"no fsync", func() sshserver.Fault { return sshserver.Without(sshserver.ExtFsync) }, nil},
		{"modes of its own", ss(sshserver.IgnoresModes), nil},
		{"the flags of fopen", ss(sshserver.FopenFlags), nil},
		{"EEXIST is FX_FILE_ALREADY_EXISTS", says(sshserver.Mkdir, sshserver.Failure, 11), nil},
		{"EEXIST is permission denied", says(sshserver.Mkdir, sshserver.Failure, sshserver.PermissionDenied), nil},
		{"a missing name is a failure", func() sshserver.Fault {
			return sshserver.All(sshserver.Says(sshserver.Lstat, sshserver.NoSuchFile, sshserver.Failure),
				sshserver.Says(sshserver.Stat, sshserver.NoSuchFile, sshserver.Failure))
		}, nil},
		{"short reads", func() sshserver.Fault { return sshserver.ShortReads(1) }, nil},
		{"answers in another order", func() sshserver.Fault { return sshserver.Reorder(3) }, nil},
		{"spoils", ss(sshserver.Spoils), transfer.ErrUnfaithful},
	}
}

// The property that all makes of servers are held to, with each habit alone and with two of them: a copy that reports no failure has the
// right bytes and modes. All files have one time, and all small ones one size, so nothing but their bytes tells them apart.
func TestHabits(t *testing.T) {
	all := habits()
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			for _, upload := range []bool{true, false} {
				newHabitCase(t, upload, all[i]).check(t)
			}
		})
	}
	t.Run("pairs", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			a, b := rapid.SampledFrom(all).Draw(rt, "a"), rapid.SampledFrom(all).Draw(rt, "b")
			rt.Log(a.name, "and", b.name)
			c := newHabitCase(t, rapid.Bool().Draw(rt, "upload"), a, b)
			c.small = rapid.IntRange(0, 60).Draw(rt, "small")
			c.large = rapid.IntRange(0, 3).Draw(rt, "large")
			c.lanes = rapid.IntRange(1, 3).Draw(rt, "lanes")
			c.opt.Preserve = rapid.Bool().Draw(rt, "preserve")
			c.merged = c.small > 1 && rapid.Bool().Draw(rt, "merged")
			if rapid.Bool().Draw(rt, "verify") {
				c.opt.Verify = &transfer.Verify{}
			}
			c.check(rt)
		})
	})
}

// habitCase is one copy.
type habitCase struct {
	t      *testing.T
	habits []habit
	opt    transfer.Options
	small  int
	large  int
	lanes  int
	merged bool // directories and one file are there before

	src, dst string // on this machine
	mu       sync.Mutex
	failed   map[string]error
	notices  []string
	conns    int
}

const habitBlock = 4 << 10 // bytes

func newHabitCase(t *testing.T, upload bool, habits ...habit) *habitCase {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	top, err := os.MkdirTemp(dir, "case")
	require.NoError(t, err)
	c := &habitCase{t: t, habits: habits, small: 40, large: 2, lanes: 2, src: top + "/src", dst: top + "/dst", failed: map[string]error{}}
	c.opt = transfer.Options{
		Upload: upload, Local: fsys.NewLocal(), Eager: true, Counters: &transfer.Counters{}, Observer: c,
		Retryable: func(error) bool { return false }, Retries: 1, RetryTimeout: time.Minute,
	}
	return c
}

func (c *habitCase) Failed(path string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed[path] = err
}
func (c *habitCase) Copied(string, int64)     {}
func (c *habitCase) Skipped(path, why string) { c.Failed(path, errors.New(why)) }
func (c *habitCase) Notice(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notices = append(c.notices, text)
}

// check copies, and holds the copy to the property.
func (c *habitCase) check(t require.TestingT) {
	c.build(t)
	err := c.run(t)
	var ends []error
	for _, h := range c.habits {
		// The empty file needs its name too, but shows nothing of a server that spoils what it is sent.
		if h.ends != nil && c.opt.Upload && (c.small+c.large > 0 || h.ends == transfer.ErrNoRename) {
			ends = append(ends, h.ends)
		}
	}
	if len(ends) > 0 {
		if err == nil {
			require.Len(t, c.failed, c.small+c.large, "%q", c.notices)
		} else {
			require.True(t, errors.Is(err, ends[0]) || errors.Is(err, ends[len(ends)-1]), "%v", err)
		}
		require.Empty(t, c.names(t), "a file got its name")
		return
	}
	require.NoError(t, err, "%q", c.notices)
	require.Empty(t, c.failed, "%d failed, %q", len(c.failed), c.notices)
	require.Equal(t, c.tree(t, c.src), c.tree(t, c.dst), "%q", c.notices)
}

// build makes the source.
func (c *habitCase) build(t require.TestingT) {
	require.NoError(t, os.MkdirAll(c.src+"/d/e", 0o755))
	require.NoError(t, os.Mkdir(c.src+"/private", 0o700))
	for i := range c.small {
		c.put(t, c.src, fmt.Sprintf("%s/small%d", []string{"", "d", "d/e", "private"}[i%4], i), 500)
	}
	for i := range c.large {
		c.put(t, c.src, fmt.Sprintf("%s/large%d", []string{"", "d"}[i%2], i), 7*habitBlock+13)
	}
	c.put(t, c.src, "empty", 0)
	if c.merged {
		require.NoError(t, os.MkdirAll(c.dst+"/d", 0o755))
		c.put(t, c.dst, "d/small1", 777)
	}
}

var sameTime = time.Unix(1_500_000_000, 0)

func (c *habitCase) put(t require.TestingT, dir, name string, size int) {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(path.Join(dir, name)))).Read(b)
	mode := fs.FileMode(0o644)
	if size%2 == 1 {
		mode = 0o600
	}
	require.NoError(t, os.WriteFile(path.Join(dir, name), b, mode))
	require.NoError(t, os.Chtimes(path.Join(dir, name), sameTime, sameTime))
}

// run copies src to dst over lanes to a server with the habits.
func (c *habitCase) run(t require.TestingT) error {
	faults := []sshserver.Fault{sshserver.NotOpenSSH()}
	for _, h := range c.habits {
		faults = append(faults, h.fault())
	}
	server, err := sshserver.New(sshserver.Options{Home: path.Dir(c.src), NoAuth: true, Faults: faults})
	require.NoError(t, err)
	require.NoError(t, server.Start(c.t.Context()))
	defer server.Close()
	known := fsys.NewServer()
	c.opt.OpenLane = func(context.Context) (transfer.Lane, error) { return c.dial(server, known) }
	first, err := c.dial(server, known)
	require.NoError(t, err)
	c.opt.First, c.opt.MaxLanes = first, c.lanes
	c.opt.Chunks = chunker.Policy{Min: habitBlock, Max: 2 * habitBlock, Connections: c.lanes}

	src, dst := fsys.FS(fsys.NewLocal()), fsys.FS(first.FS())
	if !c.opt.Upload {
		src, dst = dst, src
	}
	landing, err := plan.Land(src, dst, []string{c.src + "/."}, c.dst)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(c.dst, 0o755))
	if c.opt.Upload {
		c.opt.Root = landing.Root
	} else {
		root, err := fsys.OpenRoot(landing.Root)
		require.NoError(t, err)
		defer root.Close()
		c.opt.Local = root
	}
	_, err = transfer.Run(c.t.Context(), c.opt, func(ctx context.Context, src fsys.FS, sink plan.Sink) error {
		return plan.Walk(ctx, src, landing.Items, 3, sink)
	})
	return err
}

// tree is what lies below a directory: modes and bytes by name.
func (c *habitCase) tree(t require.TestingT, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := info.Mode().String()
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			what += fmt.Sprintf(" %x", sha256.Sum256(b))
		}
		all[p[len(dir):]] = what
		return nil
	}))
	return all
}

// names are the files at the destination that have their names and hold anything, but for one that was there before.
func (c *habitCase) names(t require.TestingT) (names []string) {
	for name, what := range c.tree(t, c.dst) {
		if what[0] == '-' && name != "/empty" && !strings.HasSuffix(name, ".mscp-part") && !(c.merged && name == "/d/small1") {
			names = append(names, name)
		}
	}
	return names
}

// habitLane is a connection with one SFTP channel.
type habitLane struct {
	*fsys.SFTP
	client *ssh.Client
	id     int
}

func (l *habitLane) FS() transfer.Remote { return l.SFTP }
func (l *habitLane) Conn() int           { return l.id }
func (l *habitLane) Use()                {}

func (l *habitLane) Close() error {
	err := l.SFTP.Close()
	_ = l.client.Close()
	_ = l.client.Wait()
	return err
}

// stream is a session's channel, which is closed as one.
type stream struct {
	ssh.Channel
}

func (c *habitCase) dial(s *sshserver.Server, known *fsys.Server) (transfer.Lane, error) {
	client, err := ssh.Dial("tcp", s.Addr(), &ssh.ClientConfig{User: "any", HostKeyCallback: ssh.FixedHostKey(s.HostKey())})
	if err != nil {
		return nil, err
	}
	ch, requests, err := client.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	go ssh.DiscardRequests(requests)
	if ok, err := ch.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"})); err != nil || !ok {
		return nil, fmt.Errorf("no subsystem: %w", err)
	}
	sftp, err := known.NewSFTP(stream{ch}, "host", habitBlock)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns++
	return &habitLane{sftp, client, c.conns}, nil
}
