package sshdtest

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

func (s *Server) login(t *testing.T, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	return ssh.Dial("tcp", s.Addr, &ssh.ClientConfig{
		User: s.User, Auth: auth, HostKeyCallback: ssh.FixedHostKey(s.HostKey), Timeout: 30 * time.Second,
	})
}

func (s *Server) keyAuth(t *testing.T) ssh.AuthMethod {
	t.Helper()
	b, err := os.ReadFile(s.ClientKey)
	require.NoError(t, err)
	signer, err := ssh.ParsePrivateKey(b)
	require.NoError(t, err)
	return ssh.PublicKeys(signer)
}

func TestKeyLogin(t *testing.T) {
	s := Start(t, WithConfig("MaxSessions 3"))
	c, err := s.login(t, s.keyAuth(t))
	require.NoError(t, err, s.Log())
	defer c.Close()
	sess, err := c.NewSession()
	require.NoError(t, err)
	out, err := sess.Output("echo hello")
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(out))
	require.Contains(t, s.Log(), "Accepted publickey")
}

// The known_hosts file is the one that the system's ssh accepts.
func TestKnownHosts(t *testing.T) {
	s := Start(t, WithHostKeys("rsa", "ecdsa", "ed25519"))
	out, err := exec.Command("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile="+s.KnownHosts,
		"-i", s.ClientKey, "-p", strconv.Itoa(s.Port), s.User+"@"+s.Host, "true").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestDropConnections(t *testing.T) {
	s := Start(t)
	c, err := s.login(t, s.keyAuth(t))
	require.NoError(t, err)
	defer c.Close()
	s.DropConnections()
	require.Error(t, c.Wait())
	again, err := s.login(t, s.keyAuth(t))
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestStopEndsSessions(t *testing.T) {
	s := Start(t)
	c, err := s.login(t, s.keyAuth(t))
	require.NoError(t, err)
	defer c.Close()
	s.Stop()
	require.Error(t, c.Wait())
	_, err = net.Dial("tcp", s.Addr)
	require.Error(t, err)
}

func TestPasswordUser(t *testing.T) {
	s := Start(t, WithTempUser())
	c, err := s.login(t, ssh.Password(s.Password))
	require.NoError(t, err, s.Log())
	require.NoError(t, c.Close())
	_, err = s.login(t, ssh.Password("wrong"))
	require.Error(t, err)
}
