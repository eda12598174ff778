package plan

import (
	"context"
	"io/fs"
	"iter"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// A device, a FIFO or a socket in the target directory is written in place by whatever lands on it; a file of the same name
// further below is nothing special.
func TestSpecialNamesLandInPlace(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/d/null": memfs.File("x"), "/d/file": memfs.File("x"), "/d/sub/null": memfs.File("x"), "/d/link": memfs.File("x"),
	})
	dst := memfs.New("dst", map[string]memfs.Node{
		"/t/null": memfs.Special(fs.ModeDevice), "/t/file": memfs.File("old"), "/t/link": memfs.Link("null"),
	})
	for _, sources := range [][]string{{"/d/."}, {"/d/null", "/d/file", "/d/sub", "/d/link"}} {
		l, err := Land(src, dst, sources, "/t")
		require.NoError(t, err)
		names, err := Special(dst, l)
		require.NoError(t, err)
		l.WriteInPlace(names)
		inPlace := map[string]bool{}
		sink := newRecorder()
		sink.file = func(_ context.Context, e Entry) error {
			inPlace[e.Dst] = e.InPlace
			e.Parent.Release()
			return nil
		}
		require.NoError(t, Walk(t.Context(), src, l.Items, 1, sink))
		require.Equal(t, map[string]bool{"null": true, "file": false, "sub/null": false, "link": false}, inPlace)
	}
}

func TestSpecialAsksNothingOfANewTarget(t *testing.T) {
	dst := landTarget()
	l, err := Land(landSource(), dst, []string{"f"}, "new")
	require.NoError(t, err)
	dst.Hook = func(memfs.Call) error { return fs.ErrInvalid }
	names, err := Special(dst, l)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestSpecialNeedsNoAnswer(t *testing.T) {
	dst := landTarget()
	l, err := Land(landSource(), dst, []string{"f", "d/."}, "dir")
	require.NoError(t, err)
	for reason, lost := range map[error]bool{fs.ErrPermission: false, fsys.ErrLost: true} {
		dst.Hook = func(memfs.Call) error { return reason }
		_, err = Special(dst, l)
		require.Equal(t, lost, fsys.Lost(err))
	}
}

// A destination that makes up devices without end does not fill the memory.
func TestEndlessSpecialNames(t *testing.T) {
	fifo := fsys.Info{Mode: fs.ModeNamedPipe | 0o600}
	dst := memfs.New("dst", map[string]memfs.Node{"/d": memfs.Made(memfs.Synthetic{
		Lookup: func(string) (fsys.Info, bool) { return fsys.Info{}, false },
		List: func(string) iter.Seq[fsys.Info] {
			return func(yield func(fsys.Info) bool) {
				for i := 0; ; i++ {
					if fifo.Name = strconv.Itoa(i); !yield(fifo) {
						return
					}
				}
			}
		},
	})})
	src := memfs.New("src", map[string]memfs.Node{"/s": memfs.Dir()})
	l, err := Land(src, dst, []string{"/s/."}, "/d")
	require.NoError(t, err)
	names, err := Special(dst, l)
	require.ErrorIs(t, err, ErrSpecial)
	require.Len(t, names, mostSpecial)
}
