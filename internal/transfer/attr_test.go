package transfer

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func modes() map[string]memfs.Node {
	return map[string]memfs.Node{
		"":           {Mode: fs.ModeDir | 0o775},
		"/read":      {Mode: fs.ModeDir | 0o555},
		"/read/deep": {Mode: fs.ModeDir | 0o700},
		"/group":     {Mode: fs.ModeDir | fs.ModeSetgid | 0o777},
		"/none":      {Mode: fs.ModeDir},
		"/none/f":    {Mode: 0, Data: "x"},
		"/s":         {Mode: fs.ModeSetuid | 0o755, Data: data(3)},
		"/l":         {Mode: fs.ModeSetgid | 0o666, Data: data(1000)},
	}
}

func (j *job) modesNow() map[string]fs.FileMode {
	got := map[string]fs.FileMode{}
	for p, n := range below(j.dest(), "/dst") {
		got[p] = n.Mode
	}
	return got
}

// Permissions of files are always kept; those of directories are within the umask; set-id bits and times only with -p.
func TestModes(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, modes())
		j.dest().Umask = 0o027
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		require.Equal(t, map[string]fs.FileMode{
			"": fs.ModeDir | 0o750, "/read": fs.ModeDir | 0o550, "/read/deep": fs.ModeDir | 0o700,
			"/group": fs.ModeDir | 0o750, "/none": fs.ModeDir, "/none/f": 0, "/s": 0o755, "/l": 0o666,
		}, j.modesNow())
		i, err := j.dest().Stat("/dst/s")
		require.NoError(t, err)
		require.False(t, i.ModTime.Equal(planned))
	})
}

func TestPreserve(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		src := modes()
		for p, n := range src {
			n.ModTime, n.Access = planned.Add(time.Duration(len(p))*time.Hour), planned.Add(time.Minute)
			src[p] = n
		}
		j := newJob(upload, 2, src)
		j.dest().Umask = 0o077
		j.dest().Clock = time.Now
		j.opt.Preserve = true
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
		for p, n := range src {
			i, err := j.dest().Stat("/dst" + p)
			require.NoError(t, err)
			require.True(t, i.ModTime.Equal(n.ModTime) && i.Access.Equal(n.Access), p)
		}
	})
}

// A directory that the destination put into a group keeps that.
func TestInheritedGroup(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 1, modes())
		j.dest().Put("/", memfs.Node{Mode: fs.ModeDir | fs.ModeSetgid | 0o775})
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Equal(t, fs.ModeDir|fs.ModeSetgid|0o555, j.modesNow()["/read"])
		require.Equal(t, fs.ModeDir|fs.ModeSetgid, j.modesNow()["/none"])
	})
}

// Directories that were there keep their modes without -p.
func TestExistingDirectoriesKeepTheirModes(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 1, modes())
		j.dest().Put("/dst/none", memfs.Node{Mode: fs.ModeDir | 0o711})
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Equal(t, fs.ModeDir|0o711, j.modesNow()["/none"])
	})
}

// A directory gets its attributes when nothing in it changes any more, the deepest first.
func TestDirectoriesLast(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 3, map[string]memfs.Node{
			"/a/b/c/f": sized(9), "/a/b/g": sized(9000), "/a/h": sized(70), "/a/b/d": memfs.Dir(), "/e": memfs.Dir(),
		})
		j.opt.Preserve = true
		var mu sync.Mutex
		var finished []string
		dirs := []string{"", "/a", "/a/b", "/a/b/c", "/a/b/d", "/e"}
		j.dest().Hook = func(c memfs.Call) error {
			mu.Lock()
			defer mu.Unlock()
			name := "/" + strings.TrimPrefix(c.Path, "/")
			dir, below := strings.CutPrefix(name, "/dst")
			if !below || c.Op == "stat" || c.Op == "list" || c.Op == "close" {
				return nil
			}
			for _, done := range finished {
				require.False(t, strings.HasPrefix(dir, done+"/"), "%s %s after %s was finished", c.Op, dir, done)
			}
			if c.Op == "setattr" && slices.Contains(dirs, dir) {
				finished = append(finished, dir)
			}
			return nil
		}
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, dirs, finished)
	})
}

// A file system without modes costs one notice; with -p each file fails, and is in place all the same.
func TestAttributesRefused(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, reason := range []error{fs.ErrPermission, fsys.ErrUnsupported, fsys.ErrFailure} {
			for _, preserve := range []bool{false, true} {
				j := newJob(upload, 2, modes())
				j.opt.Preserve = preserve
				j.dest().Hook = func(c memfs.Call) error {
					if c.Op == "setattr" || c.Op == "fsetattr" {
						return reason
					}
					return nil
				}
				sum, err := j.run(t, t.Context())
				require.NoError(t, err)
				j.requireNoParts(t)
				if preserve {
					require.EqualValues(t, 8, sum.Failed)
					require.Empty(t, j.seen.notices)
					require.ErrorIs(t, j.seen.failed["/src/s"], reason)
					require.Equal(t, data(3), j.dest().Tree()["/dst/s"].Data)
					require.Equal(t, data(1000), j.dest().Tree()["/dst/l"].Data)
					require.Empty(t, j.seen.copied)
					continue
				}
				require.Empty(t, j.seen.failed)
				require.Len(t, j.seen.notices, 1)
				require.Equal(t, data(1000), j.dest().Tree()["/dst/l"].Data)
			}
		}
	})
}

// What is neither file nor directory is written where it is, and keeps what it is.
func TestSpecialNamesInPlace(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, map[string]memfs.Node{"/null": sized(10), "/zero": sized(1000), "/f": sized(10)})
		device := memfs.Special(fs.ModeDevice | fs.ModeCharDevice)
		j.dest().Put("/dst/null", device)
		j.dest().Put("/dst/zero", device)
		j.opt.Preserve = true
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		require.Len(t, j.seen.copied, 3)
		require.Equal(t, device.Mode, j.modesNow()["/null"])
		require.Equal(t, device.Mode, j.modesNow()["/zero"])
		require.Equal(t, data(10), j.dest().Tree()["/dst/f"].Data)
		j.requireNoParts(t)
	})
}

func TestRenameThatIsNotAtomic(t *testing.T) {
	j := newJob(true, 2, sizes())
	for _, l := range j.lanes {
		l.removes = true
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Len(t, j.seen.notices, 1)
	j.requireSame(t)
}
