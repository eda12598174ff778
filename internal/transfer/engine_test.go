package transfer

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func TestSizes(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, lanes := range []int{1, 3} {
			for _, inPlace := range []bool{false, true} {
				for _, plain := range []bool{false, true} {
					j := newJob(upload, lanes, sizes())
					j.opt.InPlace = inPlace
					for _, l := range j.lanes {
						l.plain = plain
					}
					sum, err := j.run(t, t.Context())
					require.NoError(t, err)
					require.Empty(t, j.seen.failed)
					j.requireSame(t)
					var bytes int64
					for _, n := range sizes() {
						bytes += int64(len(n.Data))
					}
					require.Equal(t, bytes, sum.Bytes)
					require.EqualValues(t, len(sizes()), sum.Files)
					require.Len(t, j.seen.copied, len(sizes()))
				}
			}
		}
	})
}

// Longer, shorter and linked files are replaced by exactly the source.
func TestReplaces(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, inPlace := range []bool{false, true} {
			j := newJob(upload, 2, map[string]memfs.Node{"/a": sized(5), "/b": sized(100), "/c": sized(5000)})
			j.opt.InPlace = inPlace
			for name, n := range map[string]int{"/dst/a": 700, "/dst/b": 30, "/dst/c": 9000} {
				j.dest().Put(name, sized(n))
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			j.requireSame(t)
		}
	})
}

func TestTree(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 3, merged(sizes(), map[string]memfs.Node{
			"/d/e/f":     sized(100),
			"/d/e/g":     sized(3),
			"/empty":     {Mode: fs.ModeDir | 0o711},
			"/closed":    {Mode: fs.ModeDir | 0o500},
			"/closed/in": {Mode: 0o400, Data: "x"},
			"/\xff\n'":   sized(40),
			"/pipe":      memfs.Special(fs.ModeNamedPipe),
		}))
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		require.Equal(t, map[string]string{"/src/pipe": "FIFO"}, j.seen.skipped)
		require.EqualValues(t, 1, sum.Skipped)
		require.EqualValues(t, 5, sum.Dirs)
		j.source().Remove("/src/pipe")
		j.requireSame(t)
	})
}

// One bad file fails alone, with its reason, and leaves neither a final name nor a partial file.
func TestOneBadFile(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, size := range []int{3, 5000} {
			ops := []string{"read", "write", "create", "open", "rename"}
			if size > testBlock {
				ops = append(ops, "close")
			}
			for _, op := range ops {
				t.Run(op, func(t *testing.T) {
					src := merged(sizes(), map[string]memfs.Node{"/bad": sized(size)})
					j := newJob(upload, 2, src)
					at := j.dest()
					if op == "read" || op == "open" {
						at = j.source()
					}
					at.Hook = func(c memfs.Call) error {
						if c.Op == op && base(c.Path, "bad") {
							return fs.ErrPermission
						}
						return nil
					}
					sum, err := j.run(t, t.Context())
					require.NoError(t, err)
					require.EqualValues(t, 1, sum.Failed)
					require.ErrorIs(t, j.seen.failed["/src/bad"], fs.ErrPermission)
					require.Len(t, j.seen.copied, len(sizes()))
					require.NotContains(t, j.dest().Tree(), "/dst/bad")
					j.requireNoParts(t)
					j.source().Remove("/src/bad")
					j.requireSame(t)
				})
			}
		}
	})
}

// base tells whether a path is that of name or of its partial file.
func base(p, name string) bool {
	return p == "/src/"+name || p == "/dst/"+name || p == "dst/"+name || isPart(p, name)
}

func TestFullDestinationEndsTheCopy(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, reason := range []error{fsys.ErrNoSpace, fsys.ErrQuota, fsys.ErrReadOnly} {
			for _, op := range []string{"write", "create", "mkdir"} {
				src := merged(sizes(), map[string]memfs.Node{"/d": memfs.Dir()})
				j := newJob(upload, 3, src)
				j.dest().Hook = func(c memfs.Call) error {
					if c.Op == op && c.Path != "/dst" {
						return reason
					}
					return nil
				}
				_, err := j.run(t, t.Context())
				require.ErrorIs(t, err, ErrFull)
				require.ErrorIs(t, err, reason)
				j.requireHonest(t, src, nil)
			}
		}
	})
}

// The same error from the source is that file's alone.
func TestFullSourceIsNotTheDestination(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 1, merged(sizes(), map[string]memfs.Node{"/bad": sized(300)}))
		j.source().Hook = func(c memfs.Call) error {
			if c.Op == "read" && c.Path == "/src/bad" {
				return fsys.ErrNoSpace
			}
			return nil
		}
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, sum.Failed)
	})
}
