package transfer

import (
	"io/fs"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
	"mscp/internal/plan"
)

// What another run of the same copy has written is never taken away: it may be about to rename it.
func TestPartialFileIsNotEmptied(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, size := range []int{testBlock - 1, 3*testChunk + 1} {
			j := newJob(upload, 2, map[string]memfs.Node{"/f": sized(size)})
			var smallest int64 = 1 << 40
			var mu sync.Mutex
			look := func() {
				for p, n := range j.dest().Tree() {
					if isPart(p, "f") {
						smallest = min(smallest, int64(len(n.Data)))
					}
				}
			}
			info, err := j.source().Stat("/src/f")
			require.NoError(t, err)
			part := new(Options).partName(plan.Entry{Src: "/src/f", Dst: "/dst/f", Info: info})
			j.dest().Put("/dst", memfs.Dir())
			j.dest().Put(part, sized(size))
			j.dest().Hook = func(c memfs.Call) error {
				if c.Op == "write" {
					mu.Lock()
					defer mu.Unlock()
					look()
				}
				return nil
			}
			_, err = j.run(t, t.Context())
			require.NoError(t, err)
			require.EqualValues(t, size, smallest)
			j.requireSame(t)
			j.requireNoParts(t)
		}
	})
}

// An earlier run that was killed between setting a mode and the rename leaves a partial file that cannot be opened.
func TestPartialFileThatForbidsWriting(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, size := range []int{testBlock - 1, 3*testChunk + 1} {
			j := newJob(upload, 2, map[string]memfs.Node{"/f": {Mode: 0o400, Data: data(size)}})
			var once sync.Once
			j.dest().Hook = func(c memfs.Call) (err error) {
				if c.Op == "create" && isPart(c.Path, "f") {
					once.Do(func() {
						j.dest().Put(c.Path, memfs.Node{Mode: 0o400, Data: data(size)})
						err = fs.ErrPermission
					})
				}
				return err
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			j.requireSame(t)
			j.requireNoParts(t)
		}
	})
}
