package fsys_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

// What has no position takes data in its order, and refuses any other rather than mix it.
func TestFIFO(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	got := make(chan []byte)
	go func() {
		f, err := os.Open(name)
		if err != nil {
			close(got)
			return
		}
		defer f.Close()
		b, _ := io.ReadAll(f)
		got <- b
	}()
	f, err := fsys.NewLocal().Create(name, 0, false)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("one "), 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("three"), 8)
	require.ErrorIs(t, err, fsys.ErrSequential)
	_, err = f.WriteAt([]byte("two"), 4)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, "one two", string(<-got))
}
