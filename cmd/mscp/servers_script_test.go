package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

const nobody = 65534 // the user and group of Debian's "nobody"

// startScript runs a program of testdata/servers as an ordinary user. Its arguments are the port, the host key and the keys to let in.
func startScript(interpreter, name string, before ...string) func(testing.TB) *sftpServer {
	return func(t testing.TB) *sftpServer {
		program := needServer(t, interpreter)
		s, hostKey := newKeyedServer(t, "host")
		args := append([]string{serverScript(t, filepath.Dir(s.key), name)}, before...)
		s.runAsNobody(t, program, append(args, strconv.Itoa(s.port), hostKey, s.key+".pub")...)
		return s
	}
}

// startSSH2 runs npm's ssh2 over node's fs, or over files in memory.
func startSSH2(files string) func(testing.TB) *sftpServer {
	return func(t testing.TB) *sftpServer {
		needServer(t, "node")
		modules := needModules(t)
		s, hostKey := newKeyedServer(t, "host")
		script := serverScript(t, filepath.Dir(s.key), "ssh2_server.js")
		if files == "memory" {
			serverScript(t, filepath.Dir(s.key), "ssh2_memory.js")
			s.root, s.hides = "/", true
		}
		require.NoError(t, os.Symlink(modules, filepath.Join(filepath.Dir(script), "node_modules")))
		s.runAsNobody(t, "node", script, files, strconv.Itoa(s.port), hostKey, s.key+".pub")
		return s
	}
}

// startErlang runs Erlang's ssh_sftpd, which looks for its keys in a directory.
func startErlang(t testing.TB) *sftpServer {
	program := needServer(t, "escript")
	s, hostKey := newKeyedServer(t, "ssh_host_ed25519_key")
	dir := filepath.Dir(hostKey)
	public, err := os.ReadFile(s.key + ".pub")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "authorized_keys"), public, 0o644))
	s.endsAtOddNames = true
	s.runAsNobody(t, program, serverScript(t, filepath.Dir(s.key), "erlang_server.escript"), strconv.Itoa(s.port), dir)
	return s
}

// startPerl runs Net::SFTP::SftpServer below sshd. Its clients see its directory as the root.
func startPerl(t testing.TB) *sftpServer {
	needServer(t, "perl")
	dir := openDir(t)
	script := serverScript(t, openDir(t), "sftpserver.pl")
	s := subsystem("/usr/bin/perl " + script + " " + dir)(t)
	mustRun(t, "chown", s.user, dir) // the module wants it so
	s.dir, s.root, s.unlisted = dir, "/", "0"
	return s
}

// subsystem runs the installed sshd with another SFTP server.
func subsystem(command string) func(testing.TB) *sftpServer {
	return func(t testing.TB) *sftpServer {
		s := fromSSHD(t, sshdtest.Start(t, sshdtest.WithTempUser(), sshdtest.WithConfig("Subsystem sftp "+command)))
		s.dir = openDir(t)
		return s
	}
}

// startTinySSH runs tinysshd, which serves one connection on its standard input and output, with OpenSSH's sftp-server.
func startTinySSH(t testing.TB) *sftpServer {
	program := needServer(t, "/usr/sbin/tinysshd")
	s, public := newServer(t, true)
	s.allowInHome(t, public)
	keys := filepath.Join(filepath.Dir(s.key), "tinyssh")
	mustRun(t, "/usr/sbin/tinysshd-makekey", "-q", keys)
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
	require.NoError(t, err)
	serveConnections(t, l, func(c net.Conn) {
		socket, err := c.(*net.TCPConn).File()
		if err != nil {
			return
		}
		defer socket.Close()
		cmd := exec.CommandContext(t.Context(), program, "-v", "-x", "sftp=/usr/lib/openssh/sftp-server", keys)
		cmd.Stdin, cmd.Stdout = socket, socket
		_ = cmd.Run()
	})
	s.log = func() string { return "" }
	s.awaitKey(t, "tinysshd")
	return s
}

// serveConnections calls serve with each connection, until the test ends; then it closes those that are left and waits.
func serveConnections(t testing.TB, l net.Listener, serve func(net.Conn)) {
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			all.Go(func() {
				serve(c)
				mu.Lock()
				defer mu.Unlock()
				delete(open, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
}

// serverScript copies a program of testdata/servers to where the server may read it.
func serverScript(t testing.TB, dir, name string) string {
	src, err := os.Open(filepath.Join("..", "..", "testdata", "servers", name))
	require.NoError(t, err)
	defer src.Close()
	path := filepath.Join(dir, name)
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(dst, src)
	require.NoError(t, err)
	require.NoError(t, dst.Close())
	return path
}

// newKeyedServer makes a server's files with a host key that nobody, who will run it, may read.
func newKeyedServer(t testing.TB, hostKeyName string) (s *sftpServer, hostKey string) {
	s, _ = newServer(t, false)
	dir := filepath.Join(filepath.Dir(s.key), "keys")
	require.NoError(t, os.Mkdir(dir, 0o755))
	hostKey = filepath.Join(dir, hostKeyName)
	s.trust(t, sshdtest.NewKey(t, hostKey, "ed25519"))
	for _, path := range []string{dir, hostKey} {
		require.NoError(t, os.Chown(path, nobody, nobody))
	}
	return s, hostKey
}

func (s *sftpServer) runAsNobody(t testing.TB, program string, args ...string) {
	id := strconv.Itoa(nobody)
	s.run(t, "setpriv", append([]string{"--reuid", id, "--regid", id, "--clear-groups", program}, args...)...)
}

// needModules is where .ci/install has put ssh2.
func needModules(t testing.TB) string {
	const modules = "/usr/local/lib/mscp-tests/ssh2/node_modules"
	if _, err := os.Stat(filepath.Join(modules, "ssh2")); err != nil {
		sshdtest.Unavailable(t, "no npm module ssh2: MSCP_REQUIRE_SSHD=1 .ci/install installs it")
	}
	return modules
}

// openDir is a directory that every user may write to.
func openDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "mscp-files")
	require.NoError(t, err)
	t.Cleanup(func() { _ = exec.Command("rm", "-rf", dir).Run() })
	require.NoError(t, os.Chmod(dir, 0o777))
	return dir
}
