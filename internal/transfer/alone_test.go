package transfer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// A server ends each connection at some names of directories: these fail, each with its reason, and all others are copied.
func TestServerEndsAtAName(t *testing.T) {
	for _, op := range []string{"mkdir", "list", "setattr"} {
		for _, lanes := range []int{1, 4} {
			both(t, func(t *testing.T, upload bool) {
				if !upload && op != "list" {
					return // a download asks its server for nothing else
				}
				if upload && op == "list" {
					return
				}
				tree := map[string]memfs.Node{"/bad/x": sized(3), "/bad2/y": sized(3), "/d/f": sized(9 * testChunk), "/e/g": sized(3)}
				for _, n := range []string{"h", "i", "j", "k"} {
					tree["/e/"+n+"/x"] = sized(5)
				}
				j := newJob(upload, 1, tree)
				j.opt.Retries, j.opt.MaxLanes, j.opt.sleep, j.opt.Preserve = 20, lanes, noSleep, true
				j.endless(func(_ int64, c memfs.Call) fate {
					if c.Op == op && strings.Contains(c.Path, "/bad") {
						return lostBefore
					}
					return well
				})
				_, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Len(t, j.seen.failed, 2)
				for _, p := range []string{"/src/bad", "/src/bad2"} {
					require.ErrorAs(t, j.seen.failed[p], new(*EndsError))
				}
				for p, n := range tree {
					if !strings.HasPrefix(p, "/bad") {
						require.Equal(t, n.Data, j.dest().Tree()["/dst"+p].Data, p)
					}
				}
			})
		}
	}
}

// A call that loses connections for another reason is no such call.
func TestServerEndsAtANameOnlySometimes(t *testing.T) {
	j := newJob(true, 1, map[string]memfs.Node{"/d/x": sized(3)})
	j.opt.Retries, j.opt.sleep = 20, noSleep
	j.endless(func(n int64, c memfs.Call) fate {
		if c.Op == "mkdir" && n < 4 {
			return lostBefore
		}
		return well
	})
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Empty(t, j.seen.failed)
	j.requireSame(t)
}
