package fsys_test

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/sshdtest"
)

// BenchmarkData moves a large file through one SFTP channel of a real sshd, 12 blocks of 255 KiB in flight: our own data path
// beside pkg/sftp's. docs/design/data-path.md has its figures.
func BenchmarkData(b *testing.B) {
	const size, flying = 512 << 20, 12
	host := dialSSHD(b, sshdtest.Start(b))
	dir, err := os.MkdirTemp("/dev/shm", "mscp-bench")
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	name := filepath.Join(dir, "f")
	require.NoError(b, os.WriteFile(name, make([]byte, size), 0o600))

	theirs, err := sftp.NewClient(host.conn, sftp.MaxPacketUnchecked(fsys.MaxBlock))
	require.NoError(b, err)
	b.Cleanup(func() { theirs.Close() })

	open := map[string]func() (io.WriterAt, io.ReaderAt, func()){
		"ours": func() (io.WriterAt, io.ReaderAt, func()) {
			w, err := host.Create("/dev/null", 0, false)
			require.NoError(b, err)
			r, err := host.Open(name)
			require.NoError(b, err)
			return w, r, func() { w.Close(); r.Close() }
		},
		"pkgsftp": func() (io.WriterAt, io.ReaderAt, func()) {
			w, err := theirs.OpenFile("/dev/null", os.O_WRONLY)
			require.NoError(b, err)
			r, err := theirs.Open(name)
			require.NoError(b, err)
			return w, r, func() { w.Close(); r.Close() }
		},
	}
	for _, who := range []string{"ours", "pkgsftp"} {
		w, r, done := open[who]()
		for _, way := range []string{"up", "down"} {
			b.Run(way+"/"+who, func(b *testing.B) {
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					moveAll(b, size, flying, func(p []byte, off int64) (int, error) {
						if way == "up" {
							return w.WriteAt(p, off)
						}
						return r.ReadAt(p, off)
					})
				}
			})
		}
		done()
	}
}

func moveAll(b *testing.B, size, flying int64, move func([]byte, int64) (int, error)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range flying {
		wg.Go(func() {
			p := make([]byte, fsys.MaxBlock)
			for {
				off := next.Add(fsys.MaxBlock) - fsys.MaxBlock
				if off >= size {
					return
				}
				n := min(fsys.MaxBlock, size-off)
				if m, err := move(p[:n], off); int64(m) < n {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
