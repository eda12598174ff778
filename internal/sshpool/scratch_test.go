package sshpool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

// TestScratchWhereItCanBeMade: the first place that exists, can be written to and has a short path is taken; nothing is left in others.
func TestScratchWhereItCanBeMade(t *testing.T) {
	base := t.TempDir()
	long := filepath.Join(base, strings.Repeat("x", 100))
	require.NoError(t, os.Mkdir(long, 0o700))
	good, err := os.MkdirTemp("/tmp", "short")
	require.NoError(t, err)
	defer os.RemoveAll(good)
	dir, err := scratchIn([]string{"", base + "/gone", long, good}, 80)
	require.NoError(t, err)
	require.Equal(t, good, filepath.Dir(dir))
	left, err := os.ReadDir(long)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = scratchIn([]string{base + "/gone", long}, 80)
	require.ErrorContains(t, err, "gone")
	require.ErrorContains(t, err, "too long")
}

// TestOddLineWithoutTemporaryFiles: an unreadable line costs no directory that can be written to, and messages name the user's file.
func TestOddLineWithoutTemporaryFiles(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	file := known(t, h, "|1|half a line", "", line(s.Addr, newPublic(t, "ed25519")))
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	_, errs := openAll(within(t), newPool(t, Options{Host: h, Connections: 1}), 1)
	require.Len(t, errs, 1)
	var hostKey *HostKeyError
	require.ErrorAs(t, errs[0], &hostKey)
	require.Equal(t, Changed, hostKey.Kind)
	require.Equal(t, file, hostKey.File)
	require.Equal(t, 3, hostKey.Line)
}
