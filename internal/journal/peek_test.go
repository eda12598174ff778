package journal

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	_, err := Peek(path)
	require.ErrorIs(t, err, fs.ErrNotExist)

	j, _, err := Open(path, Options{})
	require.NoError(t, err)
	job, err := Peek(path)
	require.NoError(t, err)
	require.Nil(t, job, "not begun")
	require.NoError(t, j.Begin([]byte("a job")))
	require.NoError(t, j.File(File{Key: Key{1}, Src: "s", Part: "p"}))
	require.NoError(t, j.Flush())
	job, err = Peek(path)
	require.NoError(t, err)
	require.Equal(t, "a job", string(job), "while the run that has it goes on")
	require.NoError(t, j.Close())

	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for n := range whole {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		job, err := Peek(path)
		require.NoError(t, err, n)
		require.True(t, job == nil || string(job) == "a job", n)
	}
	require.NoError(t, os.WriteFile(path, []byte("something else"), 0o600))
	_, err = Peek(path)
	require.ErrorAs(t, err, new(*ForeignError))
	_, err = Peek(filepath.Dir(path))
	require.ErrorAs(t, err, new(*ForeignError))
}
