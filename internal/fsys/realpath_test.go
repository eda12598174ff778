package fsys

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRealPathOfDots: where the working directory was entered through a link, ".." is the parent of what that leads to.
func TestRealPathOfDots(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(base+"/far/deep", 0o700))
	require.NoError(t, os.MkdirAll(base+"/far/other", 0o700))
	require.NoError(t, os.Symlink("far/deep", base+"/link"))
	t.Chdir(base + "/link")
	for name, want := range map[string]string{
		"..": "/far", "../other": "/far/other", ".": "/far/deep", "": "/far/deep", base + "/link/../other": "/far/other",
	} {
		real, err := NewLocal().RealPath(name)
		require.NoError(t, err, name)
		require.Equal(t, base+want, real, name)
	}
}

// TestShownPathsAreNotCleaned: an error below a root names the path as the user gave it.
func TestShownPathsAreNotCleaned(t *testing.T) {
	base := t.TempDir()
	require.NoError(t, os.MkdirAll(base+"/far/deep", 0o700))
	require.NoError(t, os.Symlink("far/deep", base+"/link"))
	root, err := OpenRoot(base + "/link/..")
	require.NoError(t, err)
	defer root.Close()
	require.NoError(t, root.Mkdir("made", 0o700))
	require.DirExists(t, base+"/far/made")
	_, err = root.Stat("gone")
	require.ErrorContains(t, err, base+"/link/../gone")
}
