package sshserver

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
)

// rawClient serves a fresh directory with faults to a client of single packets.
func rawClient(t testing.TB, faults ...Fault) (r *raw, version Packet, dir string) {
	t.Helper()
	dir = t.TempDir()
	r, version = newRaw(t, start(t, Options{Home: dir, NoAuth: true, Faults: faults}))
	return r, version, dir
}

func (r *raw) readOf(h string, off uint64, n uint32) Packet {
	return r.packet(Read).AddString(h).AddUint64(off).AddUint32(n)
}

func (r *raw) writeOf(h string, off uint64, b []byte) Packet {
	return r.packet(Write).AddString(h).AddUint64(off).AddBytes(b)
}

func TestWithLimits(t *testing.T) {
	r, _, dir := rawClient(t, WithLimits(Limits{Packet: 5000, Read: 4096, Write: 4000}))
	put(t, filepath.Join(dir, "x"), random(t, 10000))
	body := r.call(r.packet(Extended).AddString(ExtLimits)).reader()
	require.Equal(t, []uint64{5000, 4096, 4000, 0},
		[]uint64{body.uint64(), body.uint64(), body.uint64(), body.uint64()})

	h := r.open("x", 1|2)
	require.Len(t, r.call(r.readOf(h, 0, 9000)).reader().string(), 4096)
	require.Equal(t, OK, r.status(r.writeOf(h, 0, make([]byte, 4000))))
	require.Equal(t, Failure, r.status(r.writeOf(h, 0, make([]byte, 4001))))
	r.send(r.writeOf(h, 0, make([]byte, 5000)))
	_, err := r.receive()
	require.Error(t, err)
}

func TestWithout(t *testing.T) {
	for _, ext := range []string{ExtLimits, ExtPosixRename, ExtStatVFS, ExtFsync, ExtLSetstat} {
		r, version, _ := rawClient(t, Without(ext))
		require.NotContains(t, extensions(version), ext)
		require.Len(t, extensions(version), 5)
		require.Equal(t, OpUnsupported, r.status(r.packet(Extended).AddString(ext).AddString("/").AddString("/x")))
	}
}

func TestReorder(t *testing.T) {
	r, _, dir := rawClient(t, Reorder(4))
	put(t, filepath.Join(dir, "x"), random(t, 1000))
	h := r.open("x", 1) // alone: released when idle
	require.NotEmpty(t, h)

	var sent, got []uint32
	for i := range 64 {
		p := r.readOf(h, uint64(i), 10)
		sent = append(sent, p.ID())
		r.send(p)
	}
	for range sent {
		p, err := r.receive()
		require.NoError(t, err)
		require.Equal(t, Data, p.Kind())
		got = append(got, p.ID())
	}
	require.NotEqual(t, sent, got)
	slices.Sort(got)
	require.Equal(t, sent, got)
}

func TestReorderedCopyIsWhole(t *testing.T) {
	c, _, dir := client(t, Reorder(5), ShortReads(1))
	want := random(t, 1<<20)
	put(t, filepath.Join(dir, "x"), want)
	f, err := c.Open("x")
	require.NoError(t, err)
	defer f.Close()
	got := make([]byte, len(want))
	for done := 0; done < len(got); { // one block per call: pkg/sftp's larger ones lose short reads
		n, err := f.ReadAt(got[done:min(done+32<<10, len(got))], int64(done))
		require.True(t, err == nil || n > 0, "%v", err)
		done += n
	}
	require.True(t, bytes.Equal(want, got))
}

func TestShortReads(t *testing.T) {
	r, _, dir := rawClient(t, ShortReads(7))
	want := random(t, 5000)
	put(t, filepath.Join(dir, "x"), want)
	h := r.open("x", 1)
	var got []byte
	short, single := 0, 0
	for {
		reply := r.call(r.readOf(h, uint64(len(got)), 100))
		if reply.Kind() == Status {
			require.Equal(t, EOF, Code(reply.reader().uint32()))
			break
		}
		b := reply.reader().string()
		require.NotEmpty(t, b)
		if len(b) < 100 {
			short++
		}
		if len(b) == 1 {
			single++
		}
		got = append(got, b...)
	}
	require.True(t, bytes.Equal(want, got))
	require.Greater(t, short, 10)
	require.Positive(t, single)
}

func TestEmptyReads(t *testing.T) {
	r, _, dir := rawClient(t, EmptyReads(2))
	put(t, filepath.Join(dir, "x"), []byte("abc"))
	h := r.open("x", 1)
	for _, want := range []string{"abc", "", "abc", ""} {
		reply := r.call(r.readOf(h, 0, 10))
		require.Equal(t, Data, reply.Kind())
		require.Equal(t, want, reply.reader().string())
	}
}

func TestFailTheThirdWriteOfOneFile(t *testing.T) {
	r, _, dir := rawClient(t, Fail(Write, "*.dat", 3, Failure))
	good, bad := r.open("x.bin", 2|8), r.open("x.dat", 2|8)
	for i, want := range []Code{OK, OK, Failure, OK} {
		require.Equal(t, OK, r.status(r.writeOf(good, uint64(i), []byte("a"))))
		require.Equal(t, want, r.status(r.writeOf(bad, uint64(i), []byte("a"))))
	}
	b, err := os.ReadFile(filepath.Join(dir, "x.dat"))
	require.NoError(t, err)
	require.Equal(t, "aa\x00a", string(b))
}

func TestFailedCloseIsACloseNevertheless(t *testing.T) {
	r, _, _ := rawClient(t, Fail(Close, "x", 0, Failure))
	h := r.open("x", 2|8)
	require.Equal(t, Failure, r.status(r.packet(Close).AddString(h)))
	require.Equal(t, Failure, r.status(r.writeOf(h, 0, []byte("a"))), "the handle must be gone")
	require.Equal(t, OK, r.status(r.packet(Close).AddString(r.open("y", 2|8))))
}

func TestFailedRenameRenamesNothing(t *testing.T) {
	r, _, dir := rawClient(t, Fail(Rename, "", 0, PermissionDenied))
	put(t, filepath.Join(dir, "x"), nil)
	require.Equal(t, PermissionDenied, r.status(r.packet(Rename).AddString("x").AddString("y")))
	require.FileExists(t, filepath.Join(dir, "x"))
	require.NoFileExists(t, filepath.Join(dir, "y"))
}

func TestHang(t *testing.T) {
	r, _, dir := rawClient(t, Hang(Read, "x"))
	put(t, filepath.Join(dir, "x"), []byte("abc"))
	put(t, filepath.Join(dir, "y"), []byte("abc"))
	x, y := r.open("x", 1), r.open("y", 1)
	r.send(r.readOf(x, 0, 3))
	require.Equal(t, Data, r.call(r.readOf(y, 0, 3)).Kind()) // and no reply to the first comes before it
	require.Equal(t, Attrs, r.call(r.packet(Fstat).AddString(x)).Kind())
}

func TestNoSpace(t *testing.T) {
	c, _, dir := client(t, NoSpace(1000))
	before, err := c.StatVFS("/")
	require.NoError(t, err)
	require.Positive(t, before.Blocks)
	f, err := c.Create("x")
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteAt(make([]byte, 1000), 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("a"), 1000)
	var status *sftp.StatusError
	require.ErrorAs(t, err, &status)
	require.EqualValues(t, Failure, status.Code)

	after, err := c.StatVFS(dir)
	require.NoError(t, err)
	require.Zero(t, after.Bavail)
	require.Zero(t, after.Bfree)
	require.Positive(t, after.Blocks)
	require.Equal(t, before.Namemax, after.Namemax)
}

func TestExtraNames(t *testing.T) {
	names := []string{"..", ".", "a/b", "", "nul\x00", "\x1b[2Jclear", "\xff"}
	r, _, dir := rawClient(t, ExtraNames("d", names...))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "d"), 0o755))
	put(t, filepath.Join(dir, "d", "real"), nil)
	for range 2 { // each opening lists them again
		h := r.call(r.packet(Opendir).AddString("d")).reader().string()
		var got []string
		for {
			reply := r.call(r.packet(Readdir).AddString(h))
			if reply.Kind() == Status {
				break
			}
			body := reply.reader()
			for range body.uint32() {
				got = append(got, body.string())
				body.string()
				body.attrs()
			}
			require.True(t, body.ok)
			require.Empty(t, body.b)
		}
		require.Equal(t, append(slices.Clone(names), "real"), got)
		require.Equal(t, OK, r.status(r.packet(Close).AddString(h)))
	}
}

func TestLyingSize(t *testing.T) {
	c, _, dir := client(t, LyingSize("*.dat", 1<<40))
	put(t, filepath.Join(dir, "x.dat"), []byte("abc"))
	put(t, filepath.Join(dir, "y"), []byte("abc"))
	entries, err := c.ReadDir(".")
	require.NoError(t, err)
	sizes := make(map[string]int64)
	for _, e := range entries {
		sizes[e.Name()] = e.Size()
	}
	require.Equal(t, map[string]int64{"x.dat": 1 << 40, "y": 3}, sizes)

	f, err := c.Open("x.dat")
	require.NoError(t, err)
	defer f.Close()
	for _, stat := range []func() (os.FileInfo, error){
		f.Stat, func() (os.FileInfo, error) { return c.Stat("x.dat") },
		func() (os.FileInfo, error) { return c.Lstat("x.dat") },
	} {
		info, err := stat()
		require.NoError(t, err)
		require.Equal(t, int64(1<<40), info.Size())
		require.True(t, info.Mode().IsRegular())
	}
	info, err := c.Stat("y")
	require.NoError(t, err)
	require.EqualValues(t, 3, info.Size())
}

func TestSyntheticDir(t *testing.T) {
	c, s, _ := client(t, SyntheticDir("/no such", 250, 5))
	entries, err := c.ReadDir("/no such")
	require.NoError(t, err)
	require.Len(t, entries, 250)
	require.Equal(t, "f0000249", entries[249].Name())
	require.Equal(t, 4, s.Stats().Requests["READDIR"])

	info, err := c.Stat("/no such")
	require.NoError(t, err)
	require.True(t, info.IsDir())
	path, err := c.RealPath("/no such/f0000001")
	require.NoError(t, err)
	require.Equal(t, "/no such/f0000001", path)
	f, err := c.Open(path)
	require.NoError(t, err)
	b, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, make([]byte, 5), b)
	require.NoError(t, f.Close())
	_, err = c.OpenFile(path, os.O_WRONLY)
	require.ErrorIs(t, err, os.ErrPermission)
}

func TestSyntheticDirTakesNoMemory(t *testing.T) {
	const n = 100_000
	r, _, _ := rawClient(t, SyntheticDir("/many", n, 0))
	h := r.call(r.packet(Opendir).AddString("/many")).reader().string()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	seen := 0
	for {
		reply := r.call(r.packet(Readdir).AddString(h))
		if reply.Kind() == Status {
			break
		}
		seen += int(reply.reader().uint32())
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Equal(t, n, seen)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(2<<20))
}

func TestLineIsCut(t *testing.T) {
	s := start(t, Options{NoAuth: true, Home: t.TempDir(), Line: func(n int) Line {
		if n == 1 {
			return Line{CutAfter: 100_000}
		}
		return Line{}
	}})
	first, _ := newRaw(t, s)
	h := first.open("x", 2|8)
	wrote := 0
	for {
		if _, err := first.ch.Write(first.writeOf(h, 0, make([]byte, 1000))); err != nil {
			break
		}
		if _, err := first.receive(); err != nil {
			break
		}
		wrote++
	}
	require.Greater(t, wrote, 50)
	require.Less(t, wrote, 100)

	second, _ := newRaw(t, s)
	h = second.open("x", 2|8)
	for range 200 {
		require.Equal(t, OK, second.status(second.writeOf(h, 0, make([]byte, 1000))))
	}
}

func TestLineStalls(t *testing.T) {
	s := start(t, Options{NoAuth: true, Home: t.TempDir(), Line: func(int) Line { return Line{StallAfter: 100_000} }})
	r, _ := newRaw(t, s)
	h := r.open("x", 2|8)
	answered := make(chan int)
	go func() {
		n := 0
		for {
			if _, err := r.receive(); err != nil {
				answered <- n
				return
			}
			n++
		}
	}()
	for range 200 {
		r.send(r.writeOf(h, 0, make([]byte, 1000)))
	}
	select {
	case n := <-answered:
		require.Fail(t, "the connection ended", "after %d replies", n)
	default:
	}
	require.NoError(t, s.Close())
	require.Less(t, <-answered, 100)
}

func TestFaultsOverManyChannels(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{NoAuth: true, Home: dir, Faults: []Fault{Reorder(3), Fail(Write, "", 10, Failure)}})
	conn := dial(t, s)
	failed := make(chan int)
	for i := range 4 {
		go func() {
			failed <- writeSome(t, func() (*sftp.Client, error) { return sftp.NewClient(conn) }, fmt.Sprint(i))
		}()
	}
	total := 0
	for range 4 {
		total += <-failed
	}
	require.Equal(t, 1, total)
	require.Equal(t, 4, s.Stats().Sessions)
}

// writeSome writes eight blocks on a channel of its own and returns how many failed, or -100 where nothing works.
func writeSome(t *testing.T, open func() (*sftp.Client, error), name string) (failed int) {
	c, err := open()
	if err != nil {
		t.Error(err)
		return -100
	}
	defer c.Close()
	f, err := c.Create(name)
	if err != nil {
		t.Error(err)
		return -100
	}
	defer f.Close()
	for i := range 8 {
		if _, err := f.WriteAt(make([]byte, 100), int64(i)*100); err != nil {
			failed++
		}
	}
	return failed
}
