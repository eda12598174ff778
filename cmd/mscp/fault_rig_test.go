//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/faultproxy"
	"mscp/internal/sshdtest"
	"mscp/internal/sshserver"
)

// rig runs the real program, in a directory that is its working directory and the server's login directory, so that "server:a"
// and "a" are the same file.
type rig struct {
	t    testing.TB
	dir  string
	env  []string
	log  func() string // of a real sshd
	drop func()        // ends its connections
}

// faultyServer is a rig on an internal/sshserver with faults.
func faultyServer(t testing.TB, o sshserver.Options) *rig {
	r, _ := faultyLine(t, o, nil)
	return r
}

// faultyLine puts a faultproxy before the server, unless fault is nil.
func faultyLine(t testing.TB, o sshserver.Options, fault func(n int) faultproxy.Fault) (*rig, *faultproxy.Proxy) {
	r := &rig{t: t, dir: t.TempDir()}
	o.Home = r.dir
	key := filepath.Join(t.TempDir(), "key")
	o.Keys = []ssh.PublicKey{sshdtest.NewKey(t, key, "ed25519")}
	s, err := sshserver.New(o)
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	port := s.Port()
	var p *faultproxy.Proxy
	if fault != nil {
		p, err = faultproxy.Start(t.Context(), s.Addr(), fault)
		require.NoError(t, err)
		t.Cleanup(p.Close)
		port = p.Port()
	}
	r.reach("me", port, key, knownhosts.Line([]string{net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}, s.HostKey()))
	return r, p
}

// realServer is a rig on a real sshd.
func realServer(t testing.TB, lines ...string) *rig {
	r := &rig{t: t, dir: t.TempDir()}
	if all := strings.Join(lines, "\n"); !strings.Contains(all, "ForceCommand") && !strings.Contains(all, "Subsystem") {
		lines = append(lines, "Subsystem sftp internal-sftp -d "+r.dir)
	}
	s := sshdtest.Start(t, sshdtest.WithConfig(lines...))
	r.log, r.drop = s.Log, s.DropConnections
	known, err := os.ReadFile(s.KnownHosts)
	require.NoError(t, err)
	r.reach(s.User, s.Port, s.ClientKey, string(known))
	return r
}

// reach makes the server the host "server" of the program's ssh configuration.
func (r *rig) reach(user string, port int, key, knownHosts string) {
	home := filepath.Join(r.t.TempDir(), "home")
	dir := filepath.Join(home, ".ssh")
	require.NoError(r.t, os.MkdirAll(dir, 0o700))
	config := fmt.Sprintf("Host server\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s\n"+
		"Host *\n UserKnownHostsFile %s/known_hosts\n GlobalKnownHostsFile none\n", port, user, key, dir)
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(knownHosts+"\n"), 0o600))
	r.env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+filepath.Join(home, "state"), "SSH_AUTH_SOCK=",
		"GORACE=atexit_sleep_ms=0")
}

// outcome is what a run of the program came to.
type outcome struct {
	code           int
	stdout, stderr string
}

// command is the program with -F naming the rig's configuration: ssh looks for it in the password file's home, not in HOME.
func (r *rig) command(args ...string) *exec.Cmd {
	var config string
	for _, e := range r.env {
		if home, ok := strings.CutPrefix(e, "HOME="); ok {
			config = filepath.Join(home, ".ssh", "config")
		}
	}
	cmd := exec.CommandContext(r.t.Context(), "mscp", append([]string{"-F", config}, args...)...)
	cmd.Dir, cmd.Env = r.dir, r.env
	return cmd
}

// run runs the program to its end.
func (r *rig) run(args ...string) outcome {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := r.command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // the exit code says it
	require.NotNil(r.t, cmd.ProcessState, "mscp did not start")
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// exits runs the program and requires an exit code.
func (r *rig) exits(code int, args ...string) outcome {
	r.t.Helper()
	o := r.run(args...)
	require.Equal(r.t, code, o.code, "mscp %q:\n%s%s", args, o.stdout, o.stderr)
	return o
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

// make writes a file of random bytes that depend on its name.
func (r *rig) make(name string, size int) {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(name))).Read(b)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(r.path(name)), 0o755))
	require.NoError(r.t, os.WriteFile(r.path(name), b, 0o644))
}

// tree makes files of every kind that matters here: several chunks, several blocks, small, empty.
func (r *rig) tree(dir string) {
	for name, size := range map[string]int{"large": 1_500_000, "d/medium": 300_000, "empty": 0} {
		r.make(dir+"/"+name, size)
	}
	for i := range 20 {
		r.make(fmt.Sprintf("%s/d/e/small%d", dir, i), 1+i*97)
	}
}

// files are the contents below a directory, by relative path, as digests.
func (r *rig) files(dir string) map[string][32]byte {
	all := make(map[string][32]byte)
	require.NoError(r.t, filepath.WalkDir(r.path(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(r.path(dir), path)
		all[name] = sha256.Sum256(b)
		return err
	}))
	return all
}

// same requires two trees to hold the same files and no other, partial ones included.
func (r *rig) same(a, b string) {
	r.t.Helper()
	require.Equal(r.t, r.files(a), r.files(b))
}

// sameAfterLoss is same, for a copy to dst, an argument of the program, that lost connections.
func (r *rig) sameAfterLoss(dst string) {
	r.t.Helper()
	if strings.HasPrefix(dst, "server:") {
		removeLate(r.t, r.path("src"), r.path("dst"))
	}
	r.same("src", "dst")
}

// partName is the name of a partial file. It holds that of the file, or the beginning of it.
var partName = regexp.MustCompile(`(?s)^\.(.+)\.[0-9a-f]{12}\.mscp-part$`)

// removeLate removes what docs/design/partial-files.md allows an upload to leave where a connection was lost, whose server carries out an OPEN
// when all is done: a partial file that is empty, of a file that is in place. The directory gets the time back that this has changed.
// Whoever calls it compares the trees then, so that all else that is there or is missing is found.
func removeLate(t testing.TB, src, dst string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dst, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		part := partName.FindStringSubmatch(d.Name())
		if err != nil || part == nil || info.Size() > 0 || !inPlace(filepath.Dir(name), part[1]) {
			return err
		}
		t.Logf("left by a lost connection: %q", name)
		dir, err := filepath.Rel(dst, filepath.Dir(name))
		require.NoError(t, err)
		was, err := os.Stat(filepath.Join(src, dir))
		require.NoError(t, err)
		require.NoError(t, os.Remove(name))
		return os.Chtimes(filepath.Dir(name), was.ModTime(), was.ModTime())
	}))
}

// inPlace tells whether a directory holds a file whose name is the one, or begins with it where that is as long as a partial file's can hold.
func inPlace(dir, name string) bool {
	const longest = 200 // bytes; no file here has a name between this and 255 but for those that are cut
	if len(name) < longest {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	}
	all, _ := os.ReadDir(dir)
	return slices.ContainsFunc(all, func(d fs.DirEntry) bool { return strings.HasPrefix(d.Name(), name) })
}

// ways are the two directions of a copy of src to dst.
func ways(t *testing.T, test func(t *testing.T, src, dst string, data faultproxy.Direction)) {
	t.Run("up", func(t *testing.T) { t.Parallel(); test(t, "src/.", "server:dst", faultproxy.Up) })
	t.Run("down", func(t *testing.T) { t.Parallel(); test(t, "server:src/.", "dst", faultproxy.Down) })
}

// copyFile makes to a copy of from.
func copyFile(r *rig, from, to string) {
	b, err := os.ReadFile(r.path(from))
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(r.path(to), b, 0o644))
}

// requireSameBut is rig.same, one name left out.
func requireSameBut(r *rig, a, b, but string) {
	r.t.Helper()
	want, got := r.files(a), r.files(b)
	delete(want, but)
	delete(got, but)
	require.Equal(r.t, want, got)
}

// requireWhole allows files to be missing from a copy, and partial ones to be left, but none to be different.
func requireWhole(r *rig, src, dst string) {
	r.t.Helper()
	want := r.files(src)
	for name, sum := range r.files(dst) {
		if strings.HasSuffix(name, ".mscp-part") {
			continue
		}
		require.Equal(r.t, want[name], sum, name)
	}
}

// What the tests forgive is no more than an empty partial file beside the complete one.
func TestRemoveLate(t *testing.T) {
	r := &rig{t: t, dir: t.TempDir()}
	long := strings.Repeat("n", 255)
	for name, size := range map[string]int{
		"src/d/f": 5, "dst/d/f": 5, "dst/d/.f.0123456789ab.mscp-part": 0,
		"dst/d/" + long: 1, "dst/d/." + long[:231] + ".0123456789ab.mscp-part": 0,
		"dst/d/.f.ba9876543210.mscp-part": 1, "dst/d/.gone.0123456789ab.mscp-part": 0, "dst/d/.f.mscp-part": 0,
	} {
		r.make(name, size)
	}
	removeLate(t, r.path("src"), r.path("dst"))
	requireHolds(r, "dst", "d/f", "d/"+long, "d/.f.ba9876543210.mscp-part", "d/.gone.0123456789ab.mscp-part", "d/.f.mscp-part")
	was, err := os.Stat(r.path("src/d"))
	require.NoError(t, err)
	now, err := os.Stat(r.path("dst/d"))
	require.NoError(t, err)
	require.Equal(t, was.ModTime(), now.ModTime())
}
