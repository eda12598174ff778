package plan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// A probe that a run has left goes with the empty files in it. What is not exactly one stays, and a link is not followed.
func TestRemoveProbe(t *testing.T) {
	id := strings.Repeat("0a", probeBytes)
	probe := "/d/" + probePrefix + id
	for name, c := range map[string]struct {
		at    string
		tree  map[string]memfs.Node
		stays bool
	}{
		"a directory":         {probe, map[string]memfs.Node{probe: memfs.Dir(), probe + "/C": memfs.File(""), probe + "/G\xff": memfs.File("")}, false},
		"a file":              {probe, map[string]memfs.Node{probe: memfs.File("")}, false},
		"a file that is used": {probe, map[string]memfs.Node{probe: memfs.File("x")}, true},
		"a directory in use":  {probe, map[string]memfs.Node{probe + "/C": memfs.File("x")}, true},
		"a link in it":        {probe, map[string]memfs.Node{probe + "/C": memfs.Link("/e/f")}, true},
		"a link":              {probe, map[string]memfs.Node{probe: memfs.Link("/e")}, true},
		"another name":        {"/d/x", map[string]memfs.Node{"/d/x": memfs.File("")}, true},
		"too long":            {probe + "0a", map[string]memfs.Node{probe + "0a": memfs.File("")}, true},
		"upper case":          {strings.ToUpper(probe), map[string]memfs.Node{strings.ToUpper(probe): memfs.File("")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c.tree["/e/f"], c.tree["/d/kept"] = memfs.File(""), memfs.File("")
			f := memfs.New("there", c.tree)
			before := f.Tree()
			err := RemoveProbe(f, c.at)
			if c.stays {
				require.Equal(t, before, f.Tree())
				return
			}
			require.NoError(t, err)
			for p := range f.Tree() {
				require.False(t, strings.HasPrefix(p, probe), p)
			}
			require.Contains(t, f.Tree(), "/d/kept")
		})
	}
	require.NoError(t, RemoveProbe(memfs.New("there", nil), probe), "it is gone")
}
