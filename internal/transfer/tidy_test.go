package transfer

import (
	"context"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// lateJob is an upload of /d/f whose first lane is lost while it makes the partial file. Its server does so when the file has been put in
// place by the other lane: then late is called with the partial file's name.
func lateJob(size int, late func(j *job, part string)) *job {
	j := newJob(true, 2, map[string]memfs.Node{"/d/f": sized(size)})
	j.opt.MaxLanes = 1 // the other one replaces the first
	var part string
	var lost, renamed sync.Once
	j.lanes[0].fate = func(c memfs.Call) (what fate) {
		if c.Op == "create" {
			lost.Do(func() { part, what = c.Path, lostBefore })
		}
		return what
	}
	j.opt.Observer = &onCopied{j.seen, func() { renamed.Do(func() { late(j, part) }) }}
	return j
}

// onCopied is an Observer that does something when a file is in place.
type onCopied struct {
	*record
	do func()
}

func (o *onCopied) Copied(path string, size int64) {
	o.record.Copied(path, size)
	o.do()
}

// A server of a lost connection makes a partial file that has its name already: it is removed at the end, and the directory gets the
// time back that this has changed.
func TestPartialFileMadeLate(t *testing.T) {
	for _, size := range []int{0, testBlock, 3*testChunk + 1} {
		var after []string // changes below the directory
		j := lateJob(size, func(j *job, part string) {
			j.remote.Put(part, memfs.File(""))
			j.remote.Hook = func(c memfs.Call) error {
				if c.Op == "remove" || c.Op == "setattr" && path.Base(c.Path) == "d" {
					after = append(after, c.Op)
				}
				return nil
			}
		})
		j.opt.Preserve = true
		_, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Empty(t, j.seen.failed)
		j.requireSame(t)
		j.requireNoParts(t)
		require.Equal(t, []string{"setattr", "remove", "setattr"}, after)
	}
}

// One that holds something is another run's, and stays.
func TestPartialFileOfAnotherRun(t *testing.T) {
	var theirs string
	j := lateJob(testBlock, func(j *job, part string) {
		theirs = part
		j.remote.Put(part, memfs.File("x"))
	})
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Equal(t, "x", j.remote.Tree()[theirs].Data)
}

// Whatever becomes of tidying up, the copy has come to its end.
func TestTidyingFails(t *testing.T) {
	for _, what := range []fate{refused, lostBefore, lostAfter} {
		for _, op := range []string{"lstat", "remove", "setattr"} {
			j := lateJob(testBlock, func(j *job, part string) { j.remote.Put(part, memfs.File("")) })
			var begun bool
			j.lanes[1].fate = func(c memfs.Call) fate {
				begun = begun || c.Op == "lstat"
				if begun && c.Op == op {
					return what
				}
				return well
			}
			j.opt.Preserve = true
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			require.Contains(t, j.seen.copied, "/src/d/f")
		}
	}
}

// Where no lane is lost, and in a download, nothing is looked for.
func TestNothingToTidy(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		j := newJob(upload, 2, sizes())
		if !upload {
			j.strike(30, lostBefore, 0)
		}
		look := func(c memfs.Call) error {
			require.False(t, strings.HasSuffix(c.Path, partSuffix) && !strings.HasPrefix(path.Base(c.Path), ".mscp.") && (c.Op == "lstat" || c.Op == "remove"), c)
			return nil
		}
		j.local.Hook, j.remote.Hook = look, look
		_, err := j.run(t, context.Background())
		require.NoError(t, err)
	})
}

// However many lanes are lost, what is remembered of them is bounded.
func TestDoubtfulIsBounded(t *testing.T) {
	var d doubtful
	for i := range 2 * queueFiles {
		d.add(late{part: strconv.Itoa(i)})
	}
	require.Len(t, d.take(), queueFiles)
	require.Empty(t, d.take())
}

// A partial file that cannot be made is not doubtful: the server has said so.
func TestRefusedIsNotDoubtful(t *testing.T) {
	j := newJob(true, 1, map[string]memfs.Node{"/f": sized(5)})
	e := &engine{Options: j.opt}
	j.remote.Hook = func(memfs.Call) error { return fs.ErrPermission }
	_, err := e.make(j.remote, &file{part: "/x"})
	require.ErrorIs(t, err, fs.ErrPermission)
	require.Empty(t, e.doubtful.take())
}
