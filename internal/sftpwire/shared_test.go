package sftpwire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
)

// served is a channel to pkg/sftp's own server, which has the file system of the test.
func served(t testing.TB) (*Conn, *sftp.Client) {
	t.Helper()
	near, far := net.Pipe()
	server, err := sftp.NewServer(far)
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve() })
	c := New(near)
	client, err := sftp.NewClientPipe(c, c)
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); server.Close(); wg.Wait() })
	return c, client
}

// pkg/sftp and our own calls use one channel at once, and neither sees the other's replies.
func TestSharedChannel(t *testing.T) {
	c, client := served(t)
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := roundTrip(c, filepath.Join(dir, fmt.Sprint("ours", i)), byte(i)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := metadata(client, filepath.Join(dir, fmt.Sprint("theirs", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	names := 0
	require.NoError(t, c.List(dir, Many, func(string, Attrs) error { names++; return nil }))
	require.GreaterOrEqual(t, names, 16)
	require.NoError(t, c.Err())
}

// roundTrip writes and reads a file by our calls.
func roundTrip(c *Conn, name string, seed byte) error {
	want := bytes.Repeat([]byte{seed, 1, 2}, 70_000/3)
	h, err := c.Open(name, OpenWrite|OpenCreat|OpenTrunc, Attrs{Flags: AttrPermissions, Mode: 0o600})
	if err != nil {
		return err
	}
	const block = 30_000
	for off := 0; off < len(want); off += block {
		if _, err := h.WriteAt(want[off:min(off+block, len(want))], int64(off)); err != nil {
			return err
		}
	}
	if err := h.Close(); err != nil {
		return err
	}
	if h, err = c.Open(name, OpenRead, Attrs{}); err != nil {
		return err
	}
	got := make([]byte, len(want))
	for off := 0; off < len(got); {
		n, err := h.ReadAt(got[off:min(off+block, len(got))], int64(off))
		if err != nil {
			return err
		}
		off += n
	}
	if !bytes.Equal(got, want) {
		return errors.New("read other bytes than written")
	}
	n, a, _, err := h.ReadClose(make([]byte, 1), int64(len(want)))
	if n != 0 || err != io.EOF || a.Size != uint64(len(want)) {
		return fmt.Errorf("at the end: %d, %+v, %w", n, a, err)
	}
	return nil
}

// metadata uses pkg/sftp, its two-piece WRITE too.
func metadata(client *sftp.Client, dir string) error {
	if err := client.Mkdir(dir); err != nil {
		return err
	}
	for range 20 {
		if _, err := client.Stat(dir); err != nil {
			return err
		}
	}
	f, err := client.Create(dir + "/f")
	if err != nil {
		return err
	}
	if _, err := f.Write(make([]byte, 40_000)); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	i, err := os.Stat(dir + "/f")
	if err == nil && i.Size() != 40_000 {
		err = fmt.Errorf("%d bytes", i.Size())
	}
	return err
}
