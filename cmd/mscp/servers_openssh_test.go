package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// A wrong password is one failed login, whatever -n says: OpenSSH 10 has PerSourcePenalties on by default, and more of them would shut
// this address out.
func TestWrongPasswordIsOneFailure(t *testing.T) {
	s := openSSH10(t, sshdtest.WithTempUser())
	src := filepath.Join(t.TempDir(), "src")
	writeRandom(t, src, 100)
	run := func(password string) error {
		cmd := exec.CommandContext(t.Context(), "mscp", "-n", "8", "-S", "10", "-F", "none", "-P", strconv.Itoa(s.Port),
			"-o", "UserKnownHostsFile="+s.KnownHosts, "-o", "GlobalKnownHostsFile=none", "-o", "PubkeyAuthentication=no",
			src, s.User+"@"+s.Host+":dst")
		cmd.Env = append(os.Environ(), "MSCP_SSH_AUTH_PASSWORD="+password)
		return cmd.Run()
	}
	var exit *exec.ExitError
	require.ErrorAs(t, run("wrong"), &exit)
	require.Equal(t, exitConnection, exit.ExitCode())
	require.Equal(t, 1, strings.Count(s.Log(), "Failed password"), s.Log())
	require.NoError(t, run(s.Password), s.Log())
	require.NotContains(t, s.Log(), "drop connection")
}

// openSSH10 starts the OpenSSH that .ci/install has unpacked beside the installed one.
func openSSH10(t testing.TB, o ...sshdtest.Option) *sshdtest.Server {
	t.Helper()
	const root = "/usr/local/lib/mscp-tests/openssh10/usr"
	program := needServer(t, root+"/sbin/sshd")
	return sshdtest.Start(t, append(o, sshdtest.WithProgram(program), sshdtest.WithConfig(
		"SshdSessionPath "+root+"/lib/openssh/sshd-session", "SshdAuthPath "+root+"/lib/openssh/sshd-auth",
		"Subsystem sftp "+root+"/lib/openssh/sftp-server"))...)
}

func startOpenSSH10(t testing.TB) *sftpServer { return fromSSHD(t, openSSH10(t)) }

func startInstalledOpenSSH(t testing.TB) *sftpServer { return fromSSHD(t, sshdtest.Start(t)) }

func fromSSHD(t testing.TB, s *sshdtest.Server) *sftpServer {
	return &sftpServer{losses: map[string]bool{}, port: s.Port, user: s.User, key: s.ClientKey, knownHosts: s.KnownHosts, dir: t.TempDir(), log: s.Log}
}

// needServer finds a program; a test without it skips, or fails if MSCP_REQUIRE_SSHD=1.
func needServer(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		sshdtest.Unavailable(t, "no "+program+": MSCP_REQUIRE_SSHD=1 .ci/install installs it")
	}
	return path
}
