//go:build linux

package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mscp/internal/testtree"
)

// cmdMkfile is "mkfile SIZE NAME...": files of bytes that depend on the last name only.
func cmdMkfile(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	size, err := parseSize(args[0])
	ts.Check(err)
	for _, name := range args[1:] {
		h := fnv.New64a()
		_, _ = h.Write([]byte(filepath.Base(name)))
		content := make([]byte, size)
		var seed [32]byte
		copy(seed[:], h.Sum(nil))
		_, _ = rand.NewChaCha8(seed).Read(content)
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
		ts.Check(os.WriteFile(ts.MkAbs(name), content, 0o644))
	}
}

// parseSize reads 64k, 64k-1, 64k+1.
func parseSize(text string) (int64, error) {
	at := strings.IndexAny(text, "+-")
	if at < 0 {
		at = len(text)
	}
	var size byteSize
	if err := size.Set(text[:at]); err != nil {
		return 0, err
	}
	if at == len(text) {
		return int64(size), nil
	}
	more, err := strconv.ParseInt(text[at:], 10, 64)
	return int64(size) + more, err
}

// cmdMkspecial is "mkspecial fifo|socket NAME".
func cmdMkspecial(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	name := ts.MkAbs(args[1])
	switch args[0] {
	case "fifo":
		ts.Check(syscall.Mkfifo(name, 0o644))
	case "socket":
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		ts.Check(err)
		l.SetUnlinkOnClose(false)
		ts.Check(l.Close())
	default:
		ts.Fatalf("mkspecial: %q", args[0])
	}
}

// cmdMkodd is "mkodd DIR".
func cmdMkodd(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	for _, name := range testtree.OddNames() {
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), name), []byte(name), 0o644))
	}
}

// cmdMktree is "mktree DIR".
func cmdMktree(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	dir := ts.MkAbs(args[0])
	_, _, err := testtree.Generate(testingTB(ts).Context(), dir, testtree.Spec{
		Seed: 7, Large: []int64{700_000}, Small: 150, SmallSize: 40 << 10, Depth: 12, Odd: true,
	})
	ts.Check(err)
}

// cmdHolds is "holds DIR [NAME]...".
func cmdHolds(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	dir := ts.MkAbs(args[0])
	var got []string
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || !d.IsDir() {
			got = append(got, name)
			return err
		}
		inside, err := os.ReadDir(path)
		if len(inside) == 0 {
			got = append(got, name+"/")
		}
		return err
	}))
	want := slices.Sorted(slices.Values(args[1:]))
	slices.Sort(got)
	if !slices.Equal(want, got) {
		ts.Fatalf("%s holds\n  %q\nnot\n  %q", args[0], got, want)
	}
}

// cmdSame is "same A B": unlike cmp it does not show binary contents.
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	a, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if equal := bytes.Equal(a, b); equal == neg {
		ts.Fatalf("%s (%d bytes) and %s (%d bytes): the same: %t", args[0], len(a), args[1], len(b), equal)
	}
}

// cmdSameMeta is "samemeta A B".
func cmdSameMeta(ts *testscript.TestScript, neg bool, args []string) {
	err := testtree.Compare(testingTB(ts).Context(), ts.MkAbs(args[0]), ts.MkAbs(args[1]))
	if neg == (err == nil) {
		ts.Fatalf("%s and %s: %v", args[0], args[1], err)
	}
}

// cmdMode is "mode MODE NAME...", in octal, set-id and sticky bits included.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	for _, name := range args[1:] {
		var st syscall.Stat_t
		ts.Check(syscall.Lstat(ts.MkAbs(name), &st))
		if got := fmt.Sprintf("%03o", st.Mode&0o7777); got != args[0] {
			ts.Fatalf("%s has mode %s, not %s", name, got, args[0])
		}
	}
}

// cmdTmpfs is "tmpfs DIR SIZE". It needs root.
func cmdTmpfs(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+args[1], "mscp-test", dir).CombinedOutput()
	if err != nil {
		ts.Fatalf("tmpfs: %v: %s", err, out)
	}
	ts.Defer(func() { ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH)) })
}

// cmdWaitfor is "waitfor PATTERN".
func cmdWaitfor(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, name := range found {
			if fi, err := os.Stat(name); err == nil && fi.Size() > 0 {
				return
			}
		}
	}
	ts.Fatalf("%s did not come", args[0])
}

// cmdSignal is "signal NAME".
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg)
	sig, ok := map[string]syscall.Signal{
		"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP,
		"QUIT": syscall.SIGQUIT, "USR1": syscall.SIGUSR1, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP,
	}[args[0]]
	if !ok {
		ts.Fatalf("signal: %q", args[0])
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(sig))
	}
}
