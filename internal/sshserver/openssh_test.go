package sshserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnnouncesAndAnswersLimits(t *testing.T) {
	r, version := newRaw(t, start(t, Options{NoAuth: true}))
	require.Equal(t, map[string]string{
		ExtLimits: "1", ExtFsync: "1", ExtPosixRename: "1", ExtStatVFS: "2", ExtHardlink: "1", ExtLSetstat: "1",
	}, extensions(version))

	reply := r.call(r.packet(Extended).AddString(ExtLimits))
	require.Equal(t, ExtendedReply, reply.Kind())
	body := reply.reader()
	require.Equal(t, []uint64{262144, 261120, 261120, 0},
		[]uint64{body.uint64(), body.uint64(), body.uint64(), body.uint64()})
}

func TestUnknownExtension(t *testing.T) {
	r, _ := newRaw(t, start(t, Options{NoAuth: true}))
	require.Equal(t, OpUnsupported, r.status(r.packet(Extended).AddString("no@such.example")))
}

func TestLargestBlocks(t *testing.T) {
	dir := t.TempDir()
	r, _ := newRaw(t, start(t, Options{NoAuth: true, Home: dir}))
	block := random(t, int(DefaultLimits().Write))
	h := r.open("x", 0x1|0x2|0x8)
	require.Equal(t, OK, r.status(r.packet(Write).AddString(h).AddUint64(0).AddBytes(block)))
	reply := r.call(r.packet(Read).AddString(h).AddUint64(0).AddUint32(uint32(len(block))))
	require.Equal(t, Data, reply.Kind())
	require.Equal(t, string(block), reply.reader().string())
	require.Equal(t, OK, r.status(r.packet(Extended).AddString(ExtFsync).AddString(h)))
	require.Equal(t, OK, r.status(r.packet(Close).AddString(h)))
	require.Equal(t, Failure, r.status(r.packet(Extended).AddString(ExtFsync).AddString(h)))
}

func TestTooLongPacketEndsTheChannel(t *testing.T) {
	r, _ := newRaw(t, start(t, Options{NoAuth: true}))
	r.send(r.packet(Write).AddBytes(make([]byte, maxPacket))[:headerLen])
	_, err := r.receive()
	require.Error(t, err)
}

func TestRealpathResolvesLinks(t *testing.T) {
	c, _, dir := client(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o755))
	require.NoError(t, os.Symlink("a/b", filepath.Join(dir, "link")))
	for path, want := range map[string]string{
		".": dir, "": dir, "link": dir + "/a/b", "link/../x": dir + "/x", "link/new": dir + "/a/b/new", "/": "/",
	} {
		got, err := c.RealPath(path)
		require.NoError(t, err, path)
		require.Equal(t, want, got, path)
	}
	_, err := c.RealPath("none/below")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRenameNeverReplaces(t *testing.T) {
	c, _, dir := client(t)
	put(t, filepath.Join(dir, "old"), []byte("old"))
	put(t, filepath.Join(dir, "there"), []byte("there"))
	require.Error(t, c.Rename("old", "there"))
	require.NoError(t, c.Rename("old", "new"))
	require.NoFileExists(t, filepath.Join(dir, "old"))
	require.FileExists(t, filepath.Join(dir, "new"))
	require.Error(t, c.Rename("none", "x"))

	require.NoError(t, c.PosixRename("new", "there"))
	b, err := os.ReadFile(filepath.Join(dir, "there"))
	require.NoError(t, err)
	require.Equal(t, "old", string(b))

	require.NoError(t, c.Mkdir("d"))
	require.NoError(t, c.Rename("d", "e"))
	require.Error(t, c.Rename("e", "there"))
	require.DirExists(t, filepath.Join(dir, "e"))
}

func TestMkdirTakesTheMode(t *testing.T) {
	dir := t.TempDir()
	r, _ := newRaw(t, start(t, Options{NoAuth: true, Home: dir}))
	require.Equal(t, OK, r.status(r.packet(Mkdir).AddString("d").AddUint32(attrPerm).AddUint32(0o700)))
	info, err := os.Stat(filepath.Join(dir, "d"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.Equal(t, Failure, r.status(r.packet(Mkdir).AddString("d").AddUint32(0)))
	require.Equal(t, NoSuchFile, r.status(r.packet(Mkdir).AddString("none/d").AddUint32(0)))
}

func TestStatVFSOfARelativePath(t *testing.T) {
	c, _, dir := client(t)
	require.NoError(t, c.Mkdir("only here"))
	st, err := c.StatVFS("only here")
	require.NoError(t, err)
	abs, err := c.StatVFS(filepath.Join(dir, "only here"))
	require.NoError(t, err)
	require.Equal(t, abs.Blocks, st.Blocks)
}

func TestNoStatPerEntry(t *testing.T) {
	c, s, dir := client(t)
	for _, name := range strings.Split("abcdef", "") {
		put(t, filepath.Join(dir, name), nil)
	}
	entries, err := c.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, entries, 6)
	require.Equal(t, map[string]int{"INIT": 1, "OPENDIR": 1, "READDIR": 2, "CLOSE": 1}, s.Stats().Requests)
}
