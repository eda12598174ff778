//go:build linux && (386 || arm)

package oddfs

import (
	"testing"

	"mscp/internal/sshdtest"
)

// Mount cannot: go-fuse does not build where an int has 32 bits.
func Mount(t testing.TB, _ string, _ Habits) string {
	t.Helper()
	sshdtest.Unavailable(t, "go-fuse needs a processor of 64 bits")
	return ""
}
