package transfer

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func manyFiles(n int) map[string]memfs.Node {
	files := make(map[string]memfs.Node)
	for i := range n {
		files[fmt.Sprintf("/f%03d", i)] = sized(300)
	}
	return files
}

// A server that refuses each WRITE without a reason, as OpenSSH's does over quota, ends the copy instead of failing each file.
func TestQuotaEndsTheCopy(t *testing.T) {
	src := manyFiles(500)
	j := newJob(true, 2, src)
	j.dest().Hook = func(c memfs.Call) error {
		if c.Op == "write" {
			return &fsys.Refusal{Code: 4}
		}
		return nil
	}
	sum, err := j.run(t, t.Context())
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, "quota")
	require.GreaterOrEqual(t, sum.Failed, int64(refusalsMost))
	require.Less(t, sum.Failed, int64(refusalsMost+2*filesNear), "files were begun after that was known")
	j.requireHonest(t, src, nil)
}

// Files that are refused among good ones are failures of their own.
func TestRefusedFilesAmongGoodOnes(t *testing.T) {
	src := manyFiles(200)
	j := newJob(true, 1, src)
	refused := regexp.MustCompile(`/\.?f\d\d5(\.|$)`)
	j.dest().Hook = func(c memfs.Call) error {
		if c.Op == "write" && refused.MatchString(c.Path) {
			return &fsys.Refusal{Code: 4}
		}
		return nil
	}
	sum, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 20, sum.Failed)
	require.EqualValues(t, 180, sum.Files)
}

func TestRefusals(t *testing.T) {
	refused := &fsys.Error{Side: "node", Op: "write", Path: "f", Err: &fsys.Refusal{Code: 4}}
	var r refusals
	require.False(t, r.full(10, refused))
	require.False(t, r.full(10, refused))
	require.False(t, r.full(11, refused), "a byte was taken meanwhile")
	require.False(t, r.full(11, &fsys.Error{Op: "create", Err: &fsys.Refusal{Code: 4}}), "other requests say nothing of space")
	require.False(t, r.full(11, refused))
	require.True(t, r.full(11, refused))
}
