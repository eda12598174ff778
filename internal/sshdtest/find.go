package sshdtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// install runs apt once for a test binary, however many tests need sshd.
var install = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("not root")
	}
	cmd := exec.Command("apt-get", "install", "-y", "--no-install-recommends", "openssh-server")
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get install openssh-server: %w: %s", err, out)
	}
	return nil
})

// find returns the path of sshd, which insists on being called by an absolute one.
func find(t testing.TB) string {
	path, ok := lookup()
	if !ok {
		err := install()
		if path, ok = lookup(); !ok {
			Unavailable(t, fmt.Sprintf("no sshd on this machine, and it could not be installed: %v", err))
		}
	}
	if os.Geteuid() == 0 { // sshd's privilege separation directory, which no init script has made in a container
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func lookup() (string, bool) {
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/lib/ssh", "/sbin"} {
		path := filepath.Join(dir, "sshd")
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// Unavailable ends the test: skipped where a developer's machine lacks something, failed where nothing may be skipped.
func Unavailable(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("MSCP_REQUIRE_SSHD") == "1" {
		t.Fatalf("MSCP_REQUIRE_SSHD=1: %s", why)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s SKIPPED: %s ***\n\n", t.Name(), why)
	t.Skip(why)
}

// Program is the path of the system's sshd.
func Program(t testing.TB) string { return find(t) }
