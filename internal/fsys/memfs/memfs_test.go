package memfs

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

func sample() *FS {
	return New("test", map[string]Node{
		"/d/f":    File("hello"),
		"/d/up":   Link(".."),
		"/l":      Link("d/f"),
		"/abs":    Link("/d"),
		"/gone":   Link("nowhere"),
		"/loop":   Link("loop"),
		"/\xff\n": File("bytes"),
		"/null":   Special(fs.ModeDevice | fs.ModeCharDevice),
	})
}

func TestResolve(t *testing.T) {
	f := sample()
	f.Home = "/d"
	for name, want := range map[string]string{
		"/": "/", ".": "/d", "f": "/d/f", "up/d/f": "/d/f", "/l": "/d/f", "/abs/f": "/d/f", "/abs/": "/d",
		"../d//./f": "/d/f", "/../..": "/", "/abs/up/abs/..": "/", "/\xff\n": "/\xff\n",
	} {
		got, err := f.RealPath(name)
		require.NoError(t, err, "%q", name)
		require.Equal(t, want, got, "%q", name)
	}
	for name, want := range map[string]error{
		"/gone": fs.ErrNotExist, "/loop": ErrLoop, "/d/f/x": fsys.ErrNotDir, "/d/f/": fsys.ErrNotDir, "/no/x": fs.ErrNotExist,
	} {
		_, err := f.Stat(name)
		require.ErrorIs(t, err, want, "%q", name)
		var typed *fsys.Error
		require.ErrorAs(t, err, &typed)
		require.Equal(t, "test", typed.Side)
	}
	info, err := f.Lstat("/gone")
	require.NoError(t, err)
	require.True(t, info.IsLink())
}

func TestFiles(t *testing.T) {
	f := sample()
	now := time.Unix(7, 0)
	f.Clock = func() time.Time { return now }

	w, err := f.Create("/d/new", 0o600, false)
	require.NoError(t, err)
	_, err = w.WriteAt([]byte("xyz"), 2)
	require.NoError(t, err)
	_, err = w.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, fs.ErrPermission)
	mode := fs.FileMode(0o4711)&^0o4000 | fs.ModeSetuid
	require.NoError(t, w.SetAttr(fsys.Attr{Mode: &mode}))
	require.NoError(t, w.Close())
	require.ErrorIs(t, w.Sync(), fs.ErrClosed)

	r, err := f.Open("/d/new")
	require.NoError(t, err)
	require.Equal(t, 1, f.OpenFiles())
	require.NoError(t, f.Remove("/d/new"))
	buf := make([]byte, 8)
	n, err := r.ReadAt(buf, 0)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, "\x00\x00xyz", string(buf[:n]))
	info, err := r.Stat()
	require.NoError(t, err)
	require.Equal(t, mode, info.Mode)
	require.Equal(t, now, info.ModTime)
	require.NoError(t, r.Close())
	require.Zero(t, f.OpenFiles())

	w, err = f.Create("/l", 0o600, true)
	require.NoError(t, err)
	require.NoError(t, w.Truncate(2))
	require.NoError(t, w.Close())
	require.Equal(t, "\x00\x00", f.Tree()["/d/f"].Data, "Create follows a link")
	w, err = f.Create("/gone", 0o600, false)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Contains(t, f.Tree(), "/nowhere")
}

func TestNames(t *testing.T) {
	f := sample()
	require.ErrorIs(t, f.Mkdir("/d", 0o700), fs.ErrExist)
	require.NoError(t, f.Mkdir("/e/", 0o700))
	require.ErrorIs(t, f.Remove("/d"), ErrNotEmpty)
	require.NoError(t, f.Remove("/e"))
	atomic, err := f.Rename("/d/f", "/null")
	require.NoError(t, err)
	require.True(t, atomic)
	require.Equal(t, "hello", f.Tree()["/null"].Data)
	_, err = f.Rename("/null", "/d")
	require.ErrorIs(t, err, fsys.ErrIsDir)
	_, err = f.Rename("/d", "/d/x")
	require.ErrorIs(t, err, ErrInvalid)
	_, err = f.Space("/")
	require.ErrorIs(t, err, fsys.ErrUnsupported)
}

func TestHook(t *testing.T) {
	f := sample()
	broken := errors.New("broken")
	f.Hook = func(c Call) error {
		if c.Op == "write" && c.Path == "/d/f" && c.Off == 4 {
			return broken
		}
		return nil
	}
	w, err := f.Create("/d/f", 0, false)
	require.NoError(t, err)
	_, err = w.WriteAt([]byte("J"), 0)
	require.NoError(t, err)
	_, err = w.WriteAt([]byte("y"), 4)
	require.ErrorIs(t, err, broken)
	require.NoError(t, w.Close())
	require.Equal(t, "Jello", f.Tree()["/d/f"].Data)
}

func TestSynthetic(t *testing.T) {
	dir := fsys.Info{Mode: fs.ModeDir | 0o755}
	f := New("test", map[string]Node{"/big": Made(Synthetic{
		Lookup: func(rel string) (fsys.Info, bool) {
			if strings.Count(rel, "/") == 0 {
				return dir, true
			}
			return fsys.Info{Mode: 0o644, Size: 3}, true
		},
		List: func(string) iter.Seq[fsys.Info] {
			return func(yield func(fsys.Info) bool) {
				for i := 0; yield(fsys.Info{Name: strconv.Itoa(i)}) && i < 4; i++ {
				}
			}
		},
	})})
	info, err := f.Stat("/big/7/9")
	require.NoError(t, err)
	require.EqualValues(t, 3, info.Size)
	r, err := f.Open("/big/7/9")
	require.NoError(t, err)
	n, err := r.ReadAt([]byte("abcd"), 1)
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, r.Close())
	count := 0
	require.NoError(t, f.List("/big/3", func(fsys.Info) error { count++; return nil }))
	require.Equal(t, 5, count)
	require.ErrorIs(t, f.Mkdir("/big/x/y", 0), fs.ErrExist)
	_, err = f.Create("/big/7/9", 0, false)
	require.ErrorIs(t, err, fsys.ErrReadOnly)
}

func TestConcurrentUse(t *testing.T) {
	f := New("test", nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			w, err := f.Create("/shared", 0o644, false)
			if err != nil {
				t.Error(err)
				return
			}
			for j := range int64(50) {
				if _, err := w.WriteAt([]byte{byte('a' + i)}, j*8+int64(i)); err != nil {
					t.Error(err)
				}
			}
			if err := errors.Join(f.Mkdir("/"+strconv.Itoa(i), 0o755), w.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, strings.Repeat("abcdefgh", 50), f.Tree()["/shared"].Data)
}
