// Package sshdtest runs a real OpenSSH server for tests, as net/http/httptest runs a web server.
//
// Each [Server] listens on a free loopback port with its own directory, host key, client key and configuration,
// and ends, with every session on it, when its test ends. It needs no root: a server that runs as an ordinary
// user lets that user in. Where sshd is missing and the test runs as root on Debian, it is installed with apt;
// where that fails too, the test is skipped loudly, or fails if MSCP_REQUIRE_SSHD=1.
package sshdtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// Server is a running sshd.
type Server struct {
	Addr       string        // "127.0.0.1:PORT"
	Host       string        // "127.0.0.1"
	Port       int           //
	Dir        string        // its own directory, short enough for Unix socket paths; removed at the end
	User       string        // who may log in
	Password   string        // of User; empty unless WithTempUser was given
	HostKey    ssh.PublicKey // the first host key
	KnownHosts string        // a known_hosts file that holds every host key for Addr
	ClientKey  string        // a private key file that is let in (ed25519, unencrypted)

	authorized string
	logFile    string
	cmd        *exec.Cmd
	exited     chan struct{} // closed when cmd has ended
}

// Start starts a server and stops it in t.Cleanup.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s := &Server{Host: "127.0.0.1", Dir: shortDir(t), User: currentUser(t)}
	s.authorized = filepath.Join(s.Dir, "authorized_keys")
	s.logFile = filepath.Join(s.Dir, "sshd.log")
	s.ClientKey = filepath.Join(s.Dir, "client_ed25519")

	c := &config{hostKeys: []string{"ed25519"}}
	for _, o := range opts {
		o(c)
	}
	sshd := c.program
	if sshd == "" {
		sshd = find(t)
	}
	if c.tempUser {
		s.User, s.Password = AddUser(t)
	}
	s.Authorize(t, NewKey(t, s.ClientKey, "ed25519"))
	keyFiles := s.makeHostKeys(t, c.hostKeys)

	const attempts = 5 // another process may take the port between our choice and sshd's bind
	for i := 1; ; i++ {
		err := s.run(t, sshd, c.text(s, freePort(t), keyFiles))
		if err == nil {
			break
		}
		if i == attempts {
			t.Fatalf("sshd does not start: %v\n%s", err, s.Log())
		}
	}
	s.writeKnownHosts(t, keyFiles)
	return s
}

// Authorize lets the owner of key in, too.
func (s *Server) Authorize(t testing.TB, key ssh.PublicKey) {
	t.Helper()
	f, err := os.OpenFile(s.authorized, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = f.Write(ssh.MarshalAuthorizedKey(key))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// Log returns what the server has logged so far, at level VERBOSE.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Stop ends the server and all of its sessions at once, as a crash of the machine would. Start arranges for it.
func (s *Server) Stop() {
	select {
	case <-s.exited: // its process id may be another's by now
		return
	default:
	}
	killTree(s.cmd.Process.Pid, true)
	<-s.exited
}

// DropConnections ends every session without ending the server, as a broken path would.
func (s *Server) DropConnections() { killTree(s.cmd.Process.Pid, false) }

func (s *Server) run(t testing.TB, sshd, conf string) error {
	file := filepath.Join(s.Dir, "sshd_config")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o644))
	log, err := os.Create(s.logFile)
	require.NoError(t, err)
	defer log.Close()

	s.cmd = exec.Command(sshd, "-f", file, "-D", "-e")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(s.cmd, s.exited)
	if err := s.waitListening(); err != nil {
		s.Stop()
		return err
	}
	t.Cleanup(s.Stop)
	return nil
}

// waitListening reads the log instead of connecting: a trial connection would hold one of MaxStartups' places
// while the first test runs.
func (s *Server) waitListening() error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if strings.Contains(s.Log(), "Server listening on "+s.Host) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("ended: %s", s.cmd.ProcessState)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("not listening after 30 s")
}

func (s *Server) setPort(port int) {
	s.Port, s.Addr = port, net.JoinHostPort(s.Host, strconv.Itoa(port))
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func currentUser(t testing.TB) string {
	u, err := user.Current()
	require.NoError(t, err)
	return u.Username
}

// shortDir is not t.TempDir: a Unix socket's path may have 107 bytes, and a temporary user must be able to enter.
func shortDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "sshd")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
