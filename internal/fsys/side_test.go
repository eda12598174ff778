package fsys_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/sshdtest"
	"mscp/internal/sshserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// side is one implementation with a directory of its own.
type side struct {
	fsys.FS
	dir      string      // as the FS names it; "" for its top
	real     string      // the same on this machine; empty where there is none
	mem      *memfs.FS   // nil elsewhere
	sftp     *fsys.SFTP  // nil elsewhere
	conn     *ssh.Client // of an SFTP side
	noAccess bool        // pkg/sftp's server tells the modification time instead
	tick     int         // seconds that its times are kept to: 0 for nanoseconds
}

// at names a file in the side's directory.
func (s *side) at(name string) string {
	if s.dir == "" {
		return name
	}
	return s.dir + "/" + name
}

// link makes a symbolic link, which no FS does.
func (s *side) link(t *testing.T, target, name string) {
	if s.mem != nil {
		s.mem.Put(s.at(name), memfs.Link(target))
		return
	}
	require.NoError(t, os.Symlink(target, filepath.Join(s.real, name)))
}

// everySide runs a test on all implementations.
func everySide(t *testing.T, test func(t *testing.T, s *side)) {
	for name, open := range map[string]func(t *testing.T) *side{
		"local": openLocal, "root": openRoot, "unread": openUnread, "memfs": openMem, "sshserver": openServer, "sshd": openSSHD,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func tempDir(t *testing.T) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	return dir
}

func openLocal(t *testing.T) *side {
	dir := tempDir(t)
	return &side{FS: fsys.NewLocal(), dir: dir, real: dir}
}

func openRoot(t *testing.T) *side {
	dir := tempDir(t)
	r, err := fsys.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return &side{FS: r, real: dir}
}

func openMem(*testing.T) *side {
	m := memfs.New("mem", map[string]memfs.Node{"/d": memfs.Dir()})
	return &side{FS: m, dir: "/d", mem: m}
}

func openServer(t *testing.T) *side { return openFaulty(t, 0) }

// openFaulty is openServer with a wanted block, 0 for the server's, and faults.
func openFaulty(t *testing.T, block int, faults ...sshserver.Fault) *side {
	dir := tempDir(t)
	server, err := sshserver.New(sshserver.Options{Home: dir, NoAuth: true, Faults: faults})
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	s := dial(t, server.Addr(), "any", server.HostKey(), block)
	s.dir, s.real, s.noAccess = dir, dir, true
	return s
}

func openSSHD(t *testing.T) *side {
	s := dialSSHD(t, sshdtest.Start(t))
	s.dir = tempDir(t)
	s.real = s.dir
	return s
}

func dialSSHD(t testing.TB, server *sshdtest.Server) *side {
	pem, err := os.ReadFile(server.ClientKey)
	require.NoError(t, err)
	key, err := ssh.ParsePrivateKey(pem)
	require.NoError(t, err)
	return dial(t, server.Addr, server.User, server.HostKey, 0, ssh.PublicKeys(key))
}

// dial opens an SFTP session on a connection of its own.
func dial(t testing.TB, addr, user string, host ssh.PublicKey, block int, auth ...ssh.AuthMethod) *side {
	conn, err := ssh.Dial("tcp", addr, &ssh.ClientConfig{User: user, Auth: auth, HostKeyCallback: ssh.FixedHostKey(host)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(); _ = conn.Wait() })
	s, err := fsys.NewSFTP(channel(t, conn), "host", block)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &side{FS: s, sftp: s, conn: conn, tick: 1}
}

func channel(t testing.TB, conn *ssh.Client) ssh.Channel {
	ch, reqs, err := conn.OpenChannel("session", nil)
	require.NoError(t, err)
	go ssh.DiscardRequests(reqs)
	ok, err := ch.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	require.NoError(t, err)
	require.True(t, ok)
	return ch
}

// fill makes n files with the names 0, 1, 2, ... in a directory, each as long as its number modulo 7. Most of them are hard
// links to the first seven, which is quicker.
func (s *side) fill(t *testing.T, dir string, n int) {
	for i := range n {
		name := fmt.Sprintf("%s/%d", dir, i)
		switch {
		case s.mem != nil:
			s.mem.Put(s.at(name), memfs.Node{Mode: 0o640, Data: string(make([]byte, i%7))})
		case i < 7:
			require.NoError(t, os.WriteFile(filepath.Join(s.real, name), make([]byte, i), 0o640))
		default:
			require.NoError(t, os.Link(filepath.Join(s.real, dir, strconv.Itoa(i%7)), filepath.Join(s.real, name)))
		}
	}
}

// write makes a file that holds data.
func (s *side) write(t *testing.T, name, data string) {
	f, err := s.Create(s.at(name), 0o644, true)
	require.NoError(t, err)
	for off := 0; off < len(data); off += 32 << 10 {
		_, err = f.WriteAt([]byte(data[off:min(off+32<<10, len(data))]), int64(off))
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
}

// read returns what a file holds, read in pieces of so many bytes.
func (s *side) read(t *testing.T, name string, piece int) string {
	f, err := s.Open(s.at(name))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var all []byte
	buf := make([]byte, piece)
	for {
		n, err := f.ReadAt(buf, int64(len(all)))
		all = append(all, buf[:n]...)
		if err != nil {
			require.ErrorContains(t, err, "EOF")
			return string(all)
		}
		require.Equal(t, piece, n, "only the end of the file is short")
	}
}
