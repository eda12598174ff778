package fsys_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

func openUnread(t *testing.T) *side {
	dir := tempDir(t)
	r, err := fsys.OpenUnread(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return &side{FS: r, real: dir}
}

// TestReasonsWithoutReading: what is refused there has the reasons that it has elsewhere.
func TestReasonsWithoutReading(t *testing.T) {
	s := openUnread(t)
	s.write(t, "f", "x")
	require.NoError(t, s.Mkdir("d", 0o700))
	s.write(t, "d/in", "x")
	for _, c := range []struct {
		err  error
		want error
	}{
		{s.Mkdir("d", 0o700), fs.ErrExist},
		{s.Mkdir("none/d", 0o700), fs.ErrNotExist},
		{s.Mkdir("f/d", 0o700), fsys.ErrNotDir},
		{s.Remove("none"), fs.ErrNotExist},
		{s.Remove(".."), fsys.ErrEscapes},
		{s.Mkdir("d/../../x", 0o700), fsys.ErrEscapes},
	} {
		require.ErrorIs(t, c.err, c.want)
	}
	require.Error(t, s.Remove("d"), "it is not empty")
	_, err := s.Rename("f", "d")
	require.ErrorIs(t, err, fsys.ErrIsDir)
	require.NoError(t, s.Remove("d/in"))
	require.NoError(t, s.Remove("d"))
	require.NoDirExists(t, s.real+"/d")
	fi, err := os.Stat(s.real + "/f")
	require.NoError(t, err)
	require.EqualValues(t, 1, fi.Size())
}
