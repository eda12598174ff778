//go:build linux

package main

import (
	"encoding/binary"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/faultproxy"
	"mscp/internal/sshserver"
)

// withFaults is a server with faults.
func withFaults(faults ...sshserver.Fault) sshserver.Options {
	return sshserver.Options{Faults: faults}
}

// One bad file fails alone, keeps its old content under its final name, and leaves no partial file.
func TestOneFileFails(t *testing.T) {
	t.Parallel()
	const part = ".bad.*.mscp-part"
	for name, tc := range map[string]struct {
		fault func() sshserver.Fault
		size  int
		says  string
	}{
		"one WRITE among good ones":  {func() sshserver.Fault { return sshserver.Fail(sshserver.Write, part, 5, sshserver.Failure) }, 1_000_000, "write"},
		"the first WRITE":            {func() sshserver.Fault { return sshserver.Fail(sshserver.Write, part, 1, sshserver.PermissionDenied) }, 1_000_000, "permission denied"},
		"CLOSE":                      {func() sshserver.Fault { return sshserver.Fail(sshserver.Close, part, 1, sshserver.Failure) }, 1_000_000, "close"},
		"the WRITE of a small file":  {func() sshserver.Fault { return sshserver.Fail(sshserver.Write, part, 1, sshserver.Failure) }, 900, "write"},
		"the CLOSE of a small file":  {func() sshserver.Fault { return sshserver.Fail(sshserver.Close, part, 1, sshserver.Failure) }, 900, "failure"},
		"the final rename":           {func() sshserver.Fault { return renameFails{} }, 900, "rename"},
		"the OPEN of a partial file": {func() sshserver.Fault { return sshserver.Fail(sshserver.Open, part, 1, sshserver.PermissionDenied) }, 900, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := faultyServer(t, withFaults(tc.fault()))
			r.tree("src")
			r.tree("want")
			r.make("src/bad", tc.size)
			r.make("dst/bad", 77)
			r.make("want/bad", 77)
			copyFile(r, "dst/bad", "want/bad")
			o := r.exits(1, append(chunky("-n", "2"), "src/.", "server:dst")...)
			require.Regexp(t, `(?m)^mscp: failed: "src/./bad": server: .*`+tc.says, o.stderr)
			requireSameBut(r, "src", "dst", "bad")
			require.Equal(t, r.files("want")["bad"], r.files("dst")["bad"], "a mixture")
		})
	}
}

// renameFails refuses to rename over the name "bad".
type renameFails struct{}

func (renameFails) Request(c *sshserver.Call) sshserver.Action {
	if c.Ext == sshserver.ExtPosixRename && c.Target != "" && c.Target[len(c.Target)-4:] == "/bad" {
		return c.Status(sshserver.Failure)
	}
	return sshserver.Pass
}
func (renameFails) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A disk that fills up ends the copy, is named as such, and what is in place is whole.
func TestDiskFullThroughSFTP(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{1, 100_000, 1_000_000, 1_700_000} {
		r := faultyServer(t, withFaults(sshserver.NoSpace(at)))
		r.tree("src")
		o := r.exits(1, append(chunky("-n", "2"), "src/.", "server:dst")...)
		require.Contains(t, o.stderr, "no space left on device")
		require.Contains(t, o.stderr, "hint: make room")
		requireWhole(r, "src", "dst")
	}
}

// A request without an answer costs its lane, not the copy: another lane does it again.
func TestRequestThatIsNeverAnswered(t *testing.T) {
	t.Parallel()
	ext := func(name string) func(*sshserver.Call) bool {
		return func(c *sshserver.Call) bool { return c.Ext == name }
	}
	kind := func(k sshserver.Kind) func(*sshserver.Call) bool {
		return func(c *sshserver.Call) bool { return c.Kind == k }
	}
	for name, which := range map[string]func(*sshserver.Call) bool{
		"OPEN": kind(sshserver.Open), "READ": kind(sshserver.Read), "WRITE": kind(sshserver.Write), "CLOSE": kind(sshserver.Close),
		"FSETSTAT": kind(sshserver.Fsetstat), "FSTAT": kind(sshserver.Fstat), "SETSTAT": kind(sshserver.Setstat), "MKDIR": kind(sshserver.Mkdir), "OPENDIR": kind(sshserver.Opendir),
		"READDIR": kind(sshserver.Readdir), "posix-rename": ext(sshserver.ExtPosixRename),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ways(t, func(t *testing.T, src, dst string, _ faultproxy.Direction) {
				r := faultyServer(t, withFaults(&hangOnce{which: which}))
				r.tree("src")
				r.exits(0, append(chunky("-n", "2", "--stall-timeout", "1s"), src, dst)...)
				r.sameAfterLoss(dst)
			})
		})
	}
}

// hangOnce never answers one request: the third of its kind, so that some come before.
type hangOnce struct {
	which func(*sshserver.Call) bool
	seen  atomic.Int64
}

func (h *hangOnce) Request(c *sshserver.Call) sshserver.Action {
	if h.which(c) && h.seen.Add(1) == 3 {
		return sshserver.Drop
	}
	return sshserver.Pass
}
func (h *hangOnce) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A handle that never answers, whoever asks, is the end of the copy in the end, with the reason.
func TestHandleThatNeverAnswers(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, withFaults(sshserver.Hang(sshserver.Read, "large")))
	r.tree("src")
	o := r.exits(3, append(chunky("-n", "2", "--stall-timeout", "300ms", "--retries", "2"), "server:src/.", "dst")...)
	require.Contains(t, o.stderr, "all connections were lost")
	require.Contains(t, o.stderr, "no sign of life")
	requireWhole(r, "src", "dst")
}

// Keys are changed many times during a transfer, on the wish of either side.
func TestRekeying(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T) (*rig, []string){
		"the server's wish": func(t *testing.T) (*rig, []string) {
			return faultyServer(t, sshserver.Options{SSH: ssh.Config{RekeyThreshold: 64 << 10}}), nil
		},
		"the client's wish": func(t *testing.T) (*rig, []string) {
			return faultyServer(t, sshserver.Options{}), []string{"-o", "RekeyLimit=64K"}
		},
		"sshd's wish": func(t *testing.T) (*rig, []string) { return realServer(t, "RekeyLimit 1M"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ways(t, func(t *testing.T, src, dst string, _ faultproxy.Direction) {
				r, flags := start(t)
				r.tree("src")
				r.make("src/larger", 6<<20)
				o := r.exits(0, append(flags, "-n", "2", src, dst)...)
				require.NotContains(t, o.stderr, "lost")
				r.same("src", "dst")
			})
		})
	}
}

// A server that lets us in and then never speaks is given up, the same as one that falls silent later.
func TestServerThatNeverSpeaksSFTP(t *testing.T) {
	t.Parallel()
	for _, kind := range []sshserver.Kind{sshserver.Init, sshserver.Extended} {
		r := faultyServer(t, withFaults(sshserver.Hang(kind, "")))
		r.tree("src")
		o := r.exits(3, "--stall-timeout", "500ms", "src", "server:dst")
		require.Contains(t, o.stderr, "server: no SFTP session: ")
		require.Contains(t, o.stderr, "connection lost")
		require.Contains(t, o.stderr, "no answer within 500ms")
	}
}

// A server that takes files only in order gets them so, also when connections are lost; --verify and --fsync do not spoil them.
func TestServerThatTakesFilesInOrder(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"plain": nil, "verified": {"--verify=readback"}, "synced": {"--fsync"}, "in place": {"--inplace", "-p"},
	} {
		for what, kind := range map[string]sshserver.Kind{"": 0, ", a WRITE without an answer": sshserver.Write} {
			t.Run(name+what, func(t *testing.T) {
				t.Parallel()
				lost := &hangOnce{which: func(c *sshserver.Call) bool { return c.Kind == kind }}
				r := faultyServer(t, withFaults(lost, &inOrder{next: map[string]uint64{}}, sshserver.Without(sshserver.ExtFsync)))
				r.tree("src")
				r.make("dst/large", 2_000_000)
				o := r.exits(0, append(append(chunky("-n", "3", "--stall-timeout", "1s"), flags...), "src/.", "server:dst")...)
				require.Equal(t, 1, strings.Count(o.stderr, "the server takes a file only from its beginning to its end"))
				r.sameAfterLoss("server:dst")
			})
		}
	}
}

// inOrder is a server like rclone's: it empties a file that is opened for writing, and refuses a WRITE that does not begin where the last
// one ended, and the first that may not.
type inOrder struct {
	mu      sync.Mutex
	next    map[string]uint64 // offset, by path
	refused bool
}

func (o *inOrder) Request(c *sshserver.Call) sshserver.Action {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case c.Kind == sshserver.Open && opensForWriting(c.Request):
		_ = os.Truncate(c.Path, 0)
		o.next[c.Path] = 0
	case c.Kind == sshserver.Write && (c.Offset != o.next[c.Path] || c.Offset > 0 && !o.refused):
		o.refused = true
		c.Reply = sshserver.NewPacket(sshserver.Status, c.ID).AddUint32(uint32(sshserver.Failure)).AddString("Illegal seek").AddString("")
		return sshserver.Answer
	case c.Kind == sshserver.Write:
		o.next[c.Path] += uint64(c.Length)
	}
	return sshserver.Pass
}

// opensForWriting looks for SSH_FXF_WRITE, behind the path of an OPEN.
func opensForWriting(p sshserver.Packet) bool {
	b := p.Body()
	return binary.BigEndian.Uint32(b[4+binary.BigEndian.Uint32(b):])&2 != 0
}

func (o *inOrder) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }
