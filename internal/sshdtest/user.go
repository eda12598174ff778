package sshdtest

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// AddUser makes a Unix user with a random name and password and removes it, with its home, in t.Cleanup. It needs root;
// elsewhere the test is skipped, or fails if MSCP_REQUIRE_SSHD=1.
func AddUser(t testing.TB) (name, password string) {
	t.Helper()
	if os.Geteuid() != 0 {
		Unavailable(t, "making a user needs root")
	}
	name, password = "mscpt"+strings.ToLower(rand.Text()[:8]), rand.Text()
	accounts(t, "", "useradd", "--create-home", "--shell", "/bin/sh", name)
	t.Cleanup(func() { accounts(t, "", "userdel", "--force", "--remove", name) })
	accounts(t, name+":"+password+"\n", "chpasswd")
	return name, password
}

// accounts runs a tool of passwd(5), again while another test holds the lock on the account files.
func accounts(t testing.TB, stdin string, args ...string) {
	t.Helper()
	var err error
	for range 20 {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(stdin)
		var out []byte
		if out, err = cmd.CombinedOutput(); err == nil {
			return
		}
		err = fmt.Errorf("%v: %w: %s", args, err, out)
		time.Sleep(100 * time.Millisecond)
	}
	require.NoError(t, err)
}
