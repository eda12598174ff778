//go:build linux && !386 && !arm

package oddfs

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// Mount mounts backing with habits and returns the mount point. t.Cleanup unmounts it. Where FUSE cannot be used the test is skipped,
// or fails if MSCP_REQUIRE_SSHD=1.
func Mount(t testing.TB, backing string, habits Habits) string {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		sshdtest.Unavailable(t, "FUSE: "+err.Error())
	}
	point, err := os.MkdirTemp("", "oddfs")
	require.NoError(t, err)
	o := &oddity{Habits: habits, backing: backing, salt: rand.Uint64() >> 2}
	server, err := fs.Mount(point, &node{o: o}, options(habits))
	if err != nil {
		os.Remove(point)
		sshdtest.Unavailable(t, "mounting a FUSE file system: "+err.Error())
	}
	t.Cleanup(func() { unmount(t, server, point) })
	return point
}

func options(h Habits) *fs.Options {
	mount := fuse.MountOptions{
		DirectMount: true, AllowOther: os.Geteuid() == 0, FsName: "oddfs", Name: "oddfs", Options: []string{"default_permissions"},
		DisableReadDirPlus: true, // a listing tells names alone, so that looking at an entry can fail by itself
	}
	if h.Fails[Read] != 0 {
		mount.MaxReadAhead = 4096
	}
	return &fs.Options{MountOptions: mount, NullPermissions: true}
}

// unmount waits a moment for the last user of a file to go, then takes the mount away from under it.
func unmount(t testing.TB, server *fuse.Server, point string) {
	err := server.Unmount()
	for range 20 {
		if err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
		err = server.Unmount()
	}
	if err != nil {
		t.Errorf("a file below %s is still open: %v", point, err)
		require.NoError(t, syscall.Unmount(point, syscall.MNT_DETACH))
	}
	server.Wait()
	require.NoError(t, os.Remove(point))
}
