package sshserver

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	s, err := ssh.NewSignerFromSigner(key)
	require.NoError(t, err)
	return s
}

func start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// dial logs in to a server; the connection is closed with the test.
func dial(t testing.TB, s *Server, methods ...ssh.AuthMethod) *ssh.Client {
	t.Helper()
	c, err := login(s, methods...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func login(s *Server, methods ...ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", s.Addr(), &ssh.ClientConfig{
		User: "someone", Auth: methods, HostKeyCallback: ssh.FixedHostKey(s.HostKey()),
	})
}

// client serves a fresh directory with faults, and returns it with an SFTP client.
func client(t testing.TB, faults ...Fault) (*sftp.Client, *Server, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	s := start(t, Options{Home: dir, NoAuth: true, Faults: faults})
	c, err := sftp.NewClient(dial(t, s), sftp.MaxPacketUnchecked(255<<10))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, s, dir
}

func random(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	_, err := rand.Read(b)
	require.NoError(t, err)
	return b
}

func put(t testing.TB, path string, b []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, b, 0o600))
}

func TestCopyThereAndBack(t *testing.T) {
	key := testKey(t)
	dir := t.TempDir()
	s := start(t, Options{Home: dir, Keys: []ssh.PublicKey{key.PublicKey()}})
	c, err := sftp.NewClient(dial(t, s, ssh.PublicKeys(key)), sftp.MaxPacketUnchecked(255<<10))
	require.NoError(t, err)
	defer c.Close()

	want := random(t, 3<<20+17)
	f, err := c.Create("a file")
	require.NoError(t, err)
	_, err = f.ReadFrom(bytes.NewReader(want))
	require.NoError(t, err)
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.True(t, bytes.Equal(want, got))

	onDisk, err := os.ReadFile(filepath.Join(dir, "a file"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, onDisk))

	st := s.Stats()
	require.Equal(t, 1, st.Conns)
	require.Equal(t, 1, st.Logins)
	require.Equal(t, []string{"someone"}, st.Users)
	require.Equal(t, 1, st.Requests["OPEN"])
	require.Equal(t, 1, st.Requests["CLOSE"])
	require.GreaterOrEqual(t, st.Requests["WRITE"], 13)
}

func TestCloseEndsConnections(t *testing.T) {
	s, err := New(Options{NoAuth: true})
	require.NoError(t, err)
	require.NoError(t, s.Close(), "before Start")

	s, err = New(Options{NoAuth: true})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	c := dial(t, s)
	require.NoError(t, s.Close())
	require.Error(t, c.Wait())
	require.NoError(t, s.Close(), "twice")
}
