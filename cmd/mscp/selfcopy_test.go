package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// A run that is killed while it finds out whether a source would be copied onto itself leaves a probe, anywhere above the target. The next
// run of the job removes it, also where the job is begun anew.
func TestProbeLeftByAKilledRun(t *testing.T) {
	for _, op := range []string{"create", "close", "lstat", "remove"} {
		for _, anew := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "journal")
			f := memfs.New("there", map[string]memfs.Node{"/a/d/g": memfs.File("g")})
			l, err := plan.Land(f, f, []string{"/a/d"}, "/a/d/new/newer")
			require.NoError(t, err)
			j := &job{src: f, dst: f, land: l}
			j.meets, err = plan.Meetings(f, f, l)
			require.NoError(t, err)
			require.NotEmpty(t, j.meets)
			before := f.Tree()

			log, _, err := journal.Open(path, journal.Options{})
			require.NoError(t, err)
			require.NoError(t, log.Begin([]byte("job")))
			killed, dead := errors.New("killed"), false
			f.Hook = func(c memfs.Call) error {
				if dead {
					return killed
				}
				dead = c.Op == op
				return nil
			}
			c := &copier{journal: &checkpoint{Journal: log, begun: true}}
			_ = c.refuseSelfCopy(j)
			require.True(t, dead)
			f.Hook = nil
			require.NoError(t, log.Close())

			log, state, err := journal.Open(path, journal.Options{})
			require.NoError(t, err)
			c.journal = &checkpoint{Journal: log, state: state}
			if anew {
				c.journal.state, c.journal.left = nil, state
			}
			require.ErrorAs(t, c.refuseSelfCopy(j), new(*plan.SelfCopyError))
			require.Equal(t, before, f.Tree(), op)
			require.NoError(t, log.Remove())
		}
	}
}
