package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/sshdtest"
)

// startDropbear runs dropbear, which starts OpenSSH's sftp-server. It reads the user's own authorized_keys.
func startDropbear(t testing.TB) *sftpServer {
	program := needServer(t, "dropbear")
	s, public := newServer(t, true)
	s.allowInHome(t, public)
	hostKey := filepath.Join(s.dir, "dropbear_key")
	mustRun(t, "dropbearkey", "-t", "ed25519", "-f", hostKey)
	s.run(t, program, "-F", "-E", "-s", "-p", "127.0.0.1:"+strconv.Itoa(s.port), "-P", hostKey+".pid", "-r", hostKey)
	return s
}

// startProFTPD runs ProFTPD with mod_sftp, which is an SSH and SFTP server of its own.
func startProFTPD(t testing.TB) *sftpServer {
	program := needServer(t, "proftpd")
	s, _ := newServer(t, true)
	dir := filepath.Dir(s.key)
	rfc4716, err := exec.Command("ssh-keygen", "-e", "-f", s.key+".pub").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "authorized"), rfc4716, 0o644))
	hostKey := filepath.Join(dir, "host")
	s.trust(t, sshdtest.NewKey(t, hostKey, "ed25519"))
	config := filepath.Join(dir, "proftpd.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
ServerType standalone
UseIPv6 off
DefaultAddress 127.0.0.1
Port %d
User nobody
Group nogroup
PidFile %[2]s/pid
ScoreboardFile none
DelayTable none
WtmpLog off
SystemLog %[2]s/log
TransferLog none
ModulePath /usr/lib/proftpd
LoadModule mod_sftp.c
LoadModule mod_tls.c
AuthOrder mod_auth_unix.c
AllowOverwrite on
AllowStoreRestart on
SFTPEngine on
SFTPLog %[2]s/sftp.log
SFTPHostKey %[3]s
SFTPAuthMethods publickey
SFTPAuthorizedUserKeys file:%[2]s/authorized
`, s.port, dir, hostKey), 0o644))
	s.run(t, program, "-n", "-q", "-c", config)
	s.log = func() string {
		log, _ := os.ReadFile(filepath.Join(dir, "sftp.log"))
		return string(log)
	}
	return s
}

// startRclone runs "rclone serve sftp" on this machine's files, as it is by default: without a cache.
func startRclone(t testing.TB) *sftpServer {
	program := needServer(t, "rclone")
	s, public := newServer(t, false)
	dir := filepath.Dir(s.key)
	authorized := filepath.Join(dir, "authorized")
	require.NoError(t, os.WriteFile(authorized, public, 0o644))
	hostKey := filepath.Join(dir, "host")
	s.trust(t, sshdtest.NewKey(t, hostKey, "ed25519"))
	s.run(t, program, "serve", "sftp", "/", "--addr", "127.0.0.1:"+strconv.Itoa(s.port), "--key", hostKey, "--authorized-keys", authorized,
		"--config", filepath.Join(dir, "rclone.conf"), "--dir-cache-time", "0s")
	return s
}

// sftpServer is a server of any make, with one key and a directory that the user it lets in may write to.
type sftpServer struct {
	port            int
	user            string
	key, knownHosts string // files
	dir             string
	root            string // what the server calls dir; empty: the same
	hides           bool   // its files are not on this machine's file system
	log             func() string
	unlisted        string          // a name that it leaves out of its listings
	endsAtOddNames  bool            // ends the connection at some names
	spoilsCutOff    bool            // takes a file that was being read when a connection ended for broken
	losses          map[string]bool // what the checks have found that a copy loses there
}

// path is what the server calls a name below its directory.
func (s *sftpServer) path(name string) string {
	if s.root != "" {
		return filepath.Join(s.root, name)
	}
	return filepath.Join(s.dir, name)
}

func (s *sftpServer) url(name string) string { return s.user + "@127.0.0.1:" + s.path(name) }

// newServer makes the client's key, a port, and a directory that a temporary user or this one may write to.
func newServer(t testing.TB, tempUser bool) (s *sftpServer, authorized []byte) {
	dir, err := os.MkdirTemp("", "mscp-server") // unlike t.TempDir's, open for others
	require.NoError(t, err)
	t.Cleanup(func() { _ = exec.Command("rm", "-rf", dir).Run() })
	require.NoError(t, os.Chmod(dir, 0o755))
	s = &sftpServer{user: "root", losses: map[string]bool{}, key: filepath.Join(dir, "key"), knownHosts: filepath.Join(dir, "known_hosts"), dir: filepath.Join(dir, "files")}
	require.NoError(t, os.Mkdir(s.dir, 0o755))
	require.NoError(t, os.Chmod(s.dir, 0o777))
	if tempUser {
		s.user, _ = sshdtest.AddUser(t)
	}
	authorized = ssh.MarshalAuthorizedKey(sshdtest.NewKey(t, s.key, "ed25519"))
	require.NoError(t, os.WriteFile(s.key+".pub", authorized, 0o644))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	return s, authorized
}

// allowInHome lets the key into the user's own account.
func (s *sftpServer) allowInHome(t testing.TB, public []byte) {
	ssh := filepath.Join("/home", s.user, ".ssh")
	require.NoError(t, os.Mkdir(ssh, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(ssh, "authorized_keys"), public, 0o644))
	mustRun(t, "chown", "-R", s.user, ssh)
}

// trust writes known_hosts.
func (s *sftpServer) trust(t testing.TB, hostKey ssh.PublicKey) {
	line := knownhosts.Line([]string{net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))}, hostKey)
	require.NoError(t, os.WriteFile(s.knownHosts, []byte(line+"\n"), 0o644))
}

// run starts the server, waits until it listens, and ends it with the test. Without a known_hosts file it asks the server for its key.
func (s *sftpServer) run(t testing.TB, program string, args ...string) {
	log, err := os.Create(filepath.Join(filepath.Dir(s.key), "output"))
	require.NoError(t, err)
	defer log.Close()
	s.log = func() string {
		b, _ := os.ReadFile(log.Name())
		return string(b)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(s.key), "LC_ALL=C.UTF-8")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s.awaitKey(t, program)
}

// awaitKey waits for the server to listen.
func (s *sftpServer) awaitKey(t testing.TB, program string) {
	var line []byte
	for deadline := time.Now().Add(patience); len(line) == 0; time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "%s does not answer: %s", program, s.log())
		line, _ = exec.Command("ssh-keyscan", "-p", strconv.Itoa(s.port), "-t", "ed25519", "127.0.0.1").Output()
	}
	if _, err := os.Stat(s.knownHosts); err != nil {
		require.NoError(t, os.WriteFile(s.knownHosts, line, 0o644))
	}
}

func mustRun(t testing.TB, program string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
