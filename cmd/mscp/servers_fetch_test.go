package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// fetch copies a file or a tree from the server with modes and times. It asks for one thing after the other, by pkg/sftp's client.
func (s *sftpServer) fetch(t testing.TB, from, to string) {
	t.Helper()
	private, err := os.ReadFile(s.key)
	require.NoError(t, err)
	key, err := ssh.ParsePrivateKey(private)
	require.NoError(t, err)
	conn, err := ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), &ssh.ClientConfig{
		User:            s.user,
		AuthCallback:    func(*ssh.ClientAuthContext) (ssh.AuthMethod, error) { return ssh.PublicKeys(key), nil }, // whatever the server lists
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),                                                              // it is ours
	})
	require.NoError(t, err)
	defer conn.Close() // and not the client: npm's ssh2 leaves a channel open that the client has ended
	client, err := sftp.NewClient(conn, sftp.UseConcurrentReads(false))
	require.NoError(t, err)
	info, err := client.Stat(from)
	require.NoError(t, err, from)
	fetchEntry(t, client, info, from, to)
}

func fetchEntry(t testing.TB, client *sftp.Client, info os.FileInfo, from, to string) {
	t.Helper()
	if info.IsDir() {
		entries, err := client.ReadDir(from)
		require.NoError(t, err, from)
		require.NoError(t, os.Mkdir(to, 0o700))
		for _, e := range entries {
			fetchEntry(t, client, e, from+"/"+e.Name(), filepath.Join(to, e.Name()))
		}
	} else {
		fetchFile(t, client, from, to)
	}
	require.NoError(t, os.Chmod(to, info.Mode()))
	require.NoError(t, os.Chtimes(to, info.ModTime(), info.ModTime()))
}

func fetchFile(t testing.TB, client *sftp.Client, from, to string) {
	t.Helper()
	src, err := client.Open(from)
	require.NoError(t, err, from)
	defer src.Close()
	dst, err := os.Create(to)
	require.NoError(t, err)
	defer dst.Close()
	_, err = src.WriteTo(dst)
	require.NoError(t, err, from)
}
