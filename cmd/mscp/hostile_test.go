//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshserver"
)

// Names that lead elsewhere fail, each for itself; nothing outside the destination is touched, and what is good is copied.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../evil", "..", "a/b", "/evil", "", "a\x00b", "../../evil", "./evil"} {
		t.Run(strconv.Quote(name), func(t *testing.T) {
			t.Parallel()
			r := faultyServer(t, withFaults(sshserver.ExtraNames("src", name)))
			r.make("src/good", 5)
			require.NoError(t, os.Mkdir(r.path("jail"), 0o755))
			o := r.run("server:src", "jail/dst")
			if name == ".." { // every server lists it
				require.Zero(t, o.code, o.stderr)
			} else {
				require.Equal(t, 1, o.code, o.stderr)
				require.Contains(t, o.stderr, "the server sent an invalid name")
			}
			requireHolds(r, "jail", "dst/good")
			requireHolds(r, ".", "jail/dst/good", "src/good")
		})
	}
}

func requireHolds(r *rig, dir string, want ...string) {
	r.t.Helper()
	got := []string{}
	for name := range r.files(dir) {
		got = append(got, name)
	}
	require.ElementsMatch(r.t, want, got)
}

// An attacker on this machine replaces a directory of the destination by a link that leads out, while a download writes there: whatever
// the moment, nothing arrives outside.
func TestLinkSwappedIn(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, sshserver.Options{})
	for i := range 300 {
		r.make("src/d/f"+strconv.Itoa(i), 100+i)
	}
	r.make("outside/mine", 10)
	before := r.files("outside")
	cmd := r.command("-L", "3m", "server:src", "dst")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	for swaps := 0; ; swaps++ {
		select {
		case <-done:
			require.Greater(t, swaps, 2)
			require.Equal(t, before, r.files("outside"), stderr.String())
			info, err := os.Stat(r.path("outside"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o755), info.Mode().Perm())
			require.Equal(t, 1, cmd.ProcessState.ExitCode(), stderr.String())
			require.Contains(t, stderr.String(), "leads outside the destination")
			return
		case <-time.After(5 * time.Millisecond):
		}
		if os.Rename(r.path("dst/d"), r.path("aside"+strconv.Itoa(swaps))) == nil {
			_ = os.Symlink(r.path("outside"), r.path("dst/d"))
			time.Sleep(20 * time.Millisecond)
			_ = os.Remove(r.path("dst/d"))
			_ = os.Rename(r.path("aside"+strconv.Itoa(swaps)), r.path("dst/d"))
		}
	}
}

// A file whose size lies is copied as far as it goes, with a line that says so.
func TestSizeBeyondTheEnd(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{1_000, 1 << 45} {
		r := faultyServer(t, withFaults(sshserver.LyingSize("bad", size)))
		r.tree("src")
		r.make("src/bad", 700)
		o := r.exits(0, append(chunky("-n", "2"), "server:src/.", "dst")...)
		require.Contains(t, o.stderr, "and ends after 700")
		requireSameBut(r, "src", "dst", "")
	}
}

// Sizes that no file has fail their file and no other.
func TestSizeLies(t *testing.T) {
	t.Parallel()
	for size, says := range map[int64]string{1<<63 - 1: "file too large", -1: "file too large"} {
		r := faultyServer(t, withFaults(sshserver.LyingSize("bad", size)))
		r.tree("src")
		r.make("src/bad", 700)
		o := r.exits(1, append(chunky("-n", "2"), "server:src/.", "dst")...)
		require.Regexp(t, `failed: server: read "src/./bad": .*`+says, o.stderr)
		requireSameBut(r, "src", "dst", "bad")
		require.NotContains(t, r.files("dst"), "bad")
	}
}

// spoiled changes replies of one kind of request.
type spoiled struct {
	kind  sshserver.Kind
	ext   string
	nth   int64 // 0: each
	spoil func(reply sshserver.Packet) sshserver.Packet
	seen  atomic.Int64
}

func (s *spoiled) Request(*sshserver.Call) sshserver.Action { return sshserver.Pass }

func (s *spoiled) Reply(c *sshserver.Call) sshserver.Action {
	if c.Kind == s.kind && c.Ext == s.ext && (s.seen.Add(1) == s.nth || s.nth == 0) {
		c.Reply = s.spoil(c.Reply)
	}
	return sshserver.Pass
}

// garbage are replies that the protocol forbids.
func garbage() map[string]func(sshserver.Packet) sshserver.Packet {
	return map[string]func(sshserver.Packet) sshserver.Packet{
		"of 4 GiB": func(p sshserver.Packet) sshserver.Packet {
			binary.BigEndian.PutUint32(p, 1<<32-1)
			return p
		},
		"of no length": func(p sshserver.Packet) sshserver.Packet { return append(make(sshserver.Packet, 4), p...) },
		"to a request that was not made": func(p sshserver.Packet) sshserver.Packet {
			binary.BigEndian.PutUint32(p[5:], 0xfffffff0)
			return p
		},
		"twice":              func(p sshserver.Packet) sshserver.Packet { return append(bytes.Clone(p), p...) },
		"of another type":    func(p sshserver.Packet) sshserver.Packet { p[4] = byte(sshserver.Attrs); return p },
		"of an unknown type": func(p sshserver.Packet) sshserver.Packet { p[4] = 77; return p },
		"cut off in the middle": func(p sshserver.Packet) sshserver.Packet {
			binary.BigEndian.PutUint32(p, 5+2)
			return p[:4+5+2]
		},
	}
}

// A reply that the protocol forbids costs the lane; where the server does it once, the copy is made by another one.
func TestForbiddenReplyOnce(t *testing.T) {
	t.Parallel()
	for what, spoil := range garbage() {
		for name, f := range map[string]*spoiled{
			"READ":         {kind: sshserver.Read, nth: 5},
			"OPEN":         {kind: sshserver.Open, nth: 5},
			"READDIR":      {kind: sshserver.Readdir, nth: 2},
			"FSTAT":        {kind: sshserver.Fstat, nth: 5},
			"WRITE":        {kind: sshserver.Write, nth: 5},
			"posix-rename": {kind: sshserver.Extended, ext: sshserver.ExtPosixRename, nth: 3},
		} {
			if all := name == "READ" || name == "posix-rename"; !all && what != "of another type" && what != "cut off in the middle" {
				continue // these two stand for the two decoders
			}
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				f.spoil = spoil
				r := faultyServer(t, withFaults(f))
				r.tree("src")
				src, dst := "server:src/.", "dst"
				if name == "WRITE" || name == "posix-rename" {
					src, dst = "src/.", "server:dst"
				}
				r.exits(0, append(chunky("-n", "2", "--stall-timeout", "2s"), src, dst)...)
				r.sameAfterLoss(dst)
			})
		}
	}
}

// A server that always does it is given up, with what it did as the reason.
func TestForbiddenReplies(t *testing.T) {
	t.Parallel()
	for what, spoil := range garbage() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := faultyServer(t, withFaults(&spoiled{kind: sshserver.Read, spoil: spoil}))
			r.tree("src")
			o := r.run(append(chunky("-n", "1", "--retries", "1", "--stall-timeout", "2s"), "server:src/.", "dst")...)
			require.Equal(t, 3, o.code, o.stderr)
			require.Regexp(t, "the server broke the SFTP protocol: |no sign of life", o.stderr)
			requireWhole(r, "src", "dst")
		})
	}
}

// A listing that never ends goes on, in bounded memory, until the user ends it: that of a directory, and that of a pattern's matches.
func TestEndlessListing(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"server:/endless", "server:/endless/f*"} {
		t.Run(source, func(t *testing.T) { endlessListing(t, source) })
	}
}

func endlessListing(t *testing.T, source string) {
	r := faultyServer(t, withFaults(sshserver.SyntheticDir("/endless", math.MaxInt, 3)))
	cmd := r.command(source, "dst")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	const enough = 6000 // more than the engine holds in its queue
	require.Eventually(t, func() bool {
		names, _ := os.ReadDir(r.path("dst"))
		return len(names) > enough
	}, patience, 50*time.Millisecond)
	resident := peakMemory(t, cmd.Process.Pid)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait()
	require.Equal(t, 128+int(syscall.SIGINT), cmd.ProcessState.ExitCode(), stderr.String())
	require.Less(t, resident, int64(600<<20), "under the race detector, which takes several times as much")
}

// peakMemory is VmHWM of proc(5), in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			require.NoError(t, err)
			return kib << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
