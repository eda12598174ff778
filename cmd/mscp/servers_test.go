package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
	"mscp/internal/testtree"
)

// sftpServer is a server of any make, with one key and a directory that the user it lets in may write to.
type sftpServer struct {
	port            int
	user            string
	key, knownHosts string // files
	dir             string
	log             func() string
	plain           bool // keeps no modes, no directory's times and no odd names
}

// flags cut files into chunks of 1 MiB.
func (s *sftpServer) flags() []string { return []string{"-s", "1m", "-S", "1m"} }

// TestServers makes the same round trip with each of the servers that README.md's table names: a big file in chunks over four connections, small
// files, files that replace longer and shorter ones, verification and fsync, modes and times, odd names.
func TestServers(t *testing.T) {
	for _, s := range []struct {
		name  string
		start func(testing.TB) *sftpServer
	}{
		{"OpenSSH", startInstalledOpenSSH},
		{"OpenSSH10", startOpenSSH10},
		{"dropbear", startDropbear},
		{"ProFTPD", startProFTPD},
		{"rclone", startRclone},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := s.start(t)
			t.Cleanup(func() {
				if t.Failed() && server.log != nil {
					t.Log(server.log())
				}
			})
			trip := &roundTrip{t, server, t.TempDir()}
			trip.chunks()
			trip.overwrite()
			trip.checked()
			trip.tree()
		})
	}
}

type roundTrip struct {
	*testing.T
	server *sftpServer
	local  string
}

func (r *roundTrip) remote(name string) string {
	return r.server.user + "@127.0.0.1:" + filepath.Join(r.server.dir, name)
}

// mscp runs the program and returns what it says.
func (r *roundTrip) mscp(args ...string) string {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), "mscp", append([]string{"-F", "none", "-P", strconv.Itoa(r.server.port), "-i", r.server.key,
		"-o", "UserKnownHostsFile=" + r.server.knownHosts, "-o", "GlobalKnownHostsFile=none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"},
		append(r.server.flags(), args...)...)...)
	cmd.Env = append(os.Environ(), "HOME="+r.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(r, err, "%v\n%s", cmd.Args, out)
	return string(out)
}

// chunks copies a file of odd size in 1 MiB chunks, many blocks at once and over all connections.
func (r *roundTrip) chunks() {
	r.Helper()
	src := filepath.Join(r.local, "big")
	writeRandom(r, src, 20<<20+12345)
	r.mscp("-n", "4", src, r.remote("big"))
	r.same(src, filepath.Join(r.server.dir, "big"))
	r.mscp("-n", "4", r.remote("big"), filepath.Join(r.local, "back"))
	r.same(src, filepath.Join(r.local, "back"))
}

// overwrite replaces what is there by something longer, shorter and empty.
func (r *roundTrip) overwrite() {
	r.Helper()
	for i, size := range []int64{100 << 10, 300 << 10, 5, 0, 70 << 10} {
		src := filepath.Join(r.local, fmt.Sprint("over", i))
		writeRandom(r, src, size)
		r.mscp(src, r.remote("over")) // over the one of the round before
		r.same(src, filepath.Join(r.server.dir, "over"))
		r.mscp(r.remote("over"), filepath.Join(r.local, "over"))
		r.same(src, filepath.Join(r.local, "over"))
	}
}

// checked compares what it copies and puts it on stable storage: neither may spoil it.
func (r *roundTrip) checked() {
	r.Helper()
	for i, size := range []int64{0, 5, 100 << 10} {
		src := filepath.Join(r.local, fmt.Sprint("checked", i))
		writeRandom(r, src, size)
		for _, flag := range []string{"--verify=readback", "--fsync"} {
			name := filepath.Base(src) + flag
			r.mscp(flag, src, r.remote(name))
			r.same(src, filepath.Join(r.server.dir, name))
		}
	}
}

// tree copies small files, deep directories, odd names, links and what is read-only, with modes and times.
func (r *roundTrip) tree() {
	r.Helper()
	src := filepath.Join(r.local, "tree")
	_, _, err := testtree.Generate(r.Context(), src, testtree.Spec{Seed: 7, Small: 200, SmallSize: 40 << 10, Depth: 10, Odd: !r.server.plain})
	require.NoError(r, err)
	r.Cleanup(func() { require.NoError(r, testtree.Remove(src)) })
	up, down := filepath.Join(r.server.dir, "up"), filepath.Join(r.local, "down")
	r.mscp("-n", "3", "-p", src, r.remote("up"))
	r.sameTree(src, up)
	r.mscp("-n", "3", "-p", r.remote("up"), down)
	r.sameTree(src, down)
}

func (r *roundTrip) sameTree(a, b string) {
	r.Helper()
	if r.server.plain {
		mustRun(r, "diff", "-r", a, b)
		return
	}
	require.NoError(r, testtree.Compare(r.Context(), a, b))
}

func (r *roundTrip) same(a, b string) {
	r.Helper()
	require.NoError(r, exec.Command("cmp", a, b).Run(), "%s and %s", a, b)
}

func writeRandom(t testing.TB, name string, size int64) {
	t.Helper()
	out, err := exec.Command("head", "-c", strconv.FormatInt(size, 10), "/dev/urandom").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, out, 0o644))
}

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
	return &sftpServer{port: s.Port, user: s.User, key: s.ClientKey, knownHosts: s.KnownHosts, dir: t.TempDir(), log: s.Log}
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
