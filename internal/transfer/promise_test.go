package transfer

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys/memfs"
)

// drawTree makes a tree of directories and files around every boundary.
func drawTree(t *rapid.T) map[string]memfs.Node {
	lengths := []int{0, 1, testBlock - 1, testBlock, testBlock + 1, 5 * testBlock, testChunk, testChunk + 1, 3*testChunk - 5}
	tree := map[string]memfs.Node{}
	dirs := []string{""}
	for i := range rapid.IntRange(0, 6).Draw(t, "directories") {
		d := rapid.SampledFrom(dirs).Draw(t, "parent") + fmt.Sprintf("/d%d", i)
		dirs = append(dirs, d)
		tree[d] = memfs.Dir()
	}
	for i := range rapid.IntRange(0, 20).Draw(t, "files") {
		n := rapid.SampledFrom(lengths).Draw(t, "size")
		tree[rapid.SampledFrom(dirs).Draw(t, "directory")+fmt.Sprintf("/f%d", i)] = sized(n)
	}
	return tree
}

// drawFaults gives up to four calls on the lanes, and one on the local side, a fate.
func (j *job) drawFaults(t *rapid.T) {
	fates := map[int64]fate{}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		at := rapid.Int64Range(1, 300).Draw(t, "call")
		fates[at] = rapid.SampledFrom([]fate{refused, lostBefore, lostAfter}).Draw(t, "fate")
	}
	var calls, localCalls atomic.Int64
	for _, l := range j.lanes {
		l.fate = func(memfs.Call) fate { return fates[calls.Add(1)] }
	}
	if bad := rapid.Int64Range(0, 300).Draw(t, "local call"); bad > 0 {
		j.local.Hook = func(memfs.Call) error {
			if localCalls.Add(1) == bad {
				return errRefused
			}
			return nil
		}
	}
}

// Whatever the tree and whatever goes wrong: a copy without an error and without failures is the source; what is not in
// place was reported, or the copy ended with an error; and no final name holds anything but all of the old or all of the new.
func TestPromises(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		rapid.Check(t, func(t *rapid.T) {
			src := drawTree(t)
			j := newJob(upload, rapid.IntRange(1, 4).Draw(t, "lanes"), src)
			before := map[string]memfs.Node{}
			for p, n := range src {
				if n.Mode.IsRegular() && rapid.IntRange(0, 3).Draw(t, "there") == 0 {
					before[p] = memfs.Node{Mode: 0o600, Data: data(rapid.IntRange(0, 300).Draw(t, "old size"))}
					j.dest().Put("/dst"+p, before[p])
				}
			}
			plain := rapid.Bool().Draw(t, "plain")
			for _, l := range j.lanes {
				l.plain = plain
				l.block = rapid.SampledFrom([]int{testBlock, testBlock, testBlock / 2, 2 * testBlock}).Draw(t, "block")
			}
			j.opt.Preserve = rapid.Bool().Draw(t, "preserve")
			info, err := j.source().Stat("/src") // before the faults
			require.NoError(t, err)
			j.drawFaults(t)
			sum, err := j.runItem(t, context.Background(), info)
			if err != nil {
				require.ErrorIs(t, err, ErrNoLane)
			}
			if err == nil && sum.Failed == 0 {
				j.requireCopied(t, src)
			}
			if err == nil {
				j.requireAccounted(t, src)
			}
			j.requireHonest(t, src, before)
		})
	})
}

func (j *job) requireCopied(t require.TestingT, src map[string]memfs.Node) {
	got := below(j.dest(), "/dst")
	for p, want := range src {
		require.Contains(t, got, p)
		require.Equal(t, want.Mode, got[p].Mode, p)
		require.Equal(t, want.Data, got[p].Data, p)
	}
	j.requireNoParts(t)
}

// requireAccounted checks that each file is in place or was reported, itself or a directory above it.
func (j *job) requireAccounted(t require.TestingT, src map[string]memfs.Node) {
	now := below(j.dest(), "/dst")
	for p, want := range src {
		if want.Mode&fs.ModeDir == 0 && !j.reported("/src"+p) {
			require.True(t, has(j.seen.copied, "/src"+p), "%s: neither copied nor failed", p)
			require.Equal(t, want.Data, now[p].Data, p)
		}
		if want.Mode.IsRegular() {
			require.LessOrEqual(t, j.seen.ended["/src"+p], 1, p)
		}
	}
}

func (j *job) reported(p string) bool {
	for ; p != "/"; p = path.Dir(p) {
		if has(j.seen.failed, p) {
			return true
		}
	}
	return false
}
