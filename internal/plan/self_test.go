package plan

import (
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func selfTree() map[string]memfs.Node {
	return map[string]memfs.Node{
		"/a/f":    memfs.File("f"),
		"/a/d/g":  memfs.File("g"),
		"/a/link": memfs.Link("f"),
		"/b":      memfs.Link("/a"),
		"/c":      memfs.Dir(),
	}
}

// zeros is randomness enough for a name.
func zeros() *strings.Reader { return strings.NewReader(strings.Repeat("\x00", 1<<10)) }

func selfCopy(src, dst fsys.FS, l *Landing, random io.Reader) error {
	all, err := Meetings(src, dst, l)
	if err != nil {
		return err
	}
	return SelfCopy(src, dst, all, random, func(string) {})
}

func TestSelfCopy(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		target  string
		same    bool
	}{
		"onto itself":                      {[]string{"/a/f"}, "/a/f", true},
		"into its own directory":           {[]string{"/a/f"}, "/a", true},
		"through a link to the directory":  {[]string{"/a/f"}, "/b", true},
		"through a link to the file":       {[]string{"/a/link"}, "/a/f", true},
		"onto a link to itself":            {[]string{"/a/f"}, "/a/link", true},
		"one of several":                   {[]string{"/c", "/a/f"}, "/a", true},
		"a directory onto itself":          {[]string{"/a/d"}, "/a", true},
		"a directory's contents":           {[]string{"/a/d/."}, "/a/d", true},
		"a directory into itself":          {[]string{"/a/d"}, "/a/d", true},
		"a directory into a new one in it": {[]string{"/a"}, "/a/d/new/newer", true},
		"the root into a directory":        {[]string{"/"}, "/c/new", true},
		"elsewhere":                        {[]string{"/a/f"}, "/c", false},
		"beside":                           {[]string{"/a/f"}, "/a/new", false},
		"a directory beside":               {[]string{"/a/d"}, "/a/dd", false},
		"a file up":                        {[]string{"/a/d/g"}, "/a", false},
		"a directory elsewhere":            {[]string{"/a/d"}, "/c/new/newer", false},
	} {
		t.Run(name, func(t *testing.T) {
			here, there := memfs.New("here", selfTree()), memfs.New("there", selfTree())
			l, err := Land(here, there, c.sources, c.target)
			require.NoError(t, err)
			require.NoError(t, selfCopy(here, there, l, zeros()), "two machines that look alike")
			require.Equal(t, here.Tree(), there.Tree(), "the probe is gone")

			l, err = Land(here, here, c.sources, c.target)
			require.NoError(t, err)
			err = selfCopy(here, here, l, zeros())
			require.Equal(t, there.Tree(), here.Tree(), "the probe is gone")
			require.Zero(t, here.OpenFiles())
			if !c.same {
				require.NoError(t, err)
				return
			}
			var self *SelfCopyError
			require.ErrorAs(t, err, &self)
		})
	}
}

func TestSelfCopyProbesOnlyWhereItMust(t *testing.T) {
	f := memfs.New("one", selfTree())
	f.Hook = func(c memfs.Call) error {
		if c.Op == "create" {
			t.Error("a probe at " + c.Path)
		}
		return nil
	}
	l, err := Land(f, f, []string{"/a/f", "/a/d"}, "/c")
	require.NoError(t, err)
	require.NoError(t, selfCopy(f, f, l, zeros()))
}

func TestSelfCopyFailures(t *testing.T) {
	f := memfs.New("one", selfTree())
	l, err := Land(f, f, []string{"/a/f"}, "/a")
	require.NoError(t, err)

	f.Hook = failOn("create", fs.ErrPermission)
	require.NoError(t, selfCopy(f, f, l, zeros()), "no probe, nothing to compare")
	for _, op := range []string{"realpath", "create", "lstat"} {
		f.Hook = failOn(op, fsys.ErrLost)
		require.True(t, fsys.Lost(selfCopy(f, f, l, zeros())), op)
	}
	f.Hook = failOn("remove", fs.ErrPermission)
	require.ErrorIs(t, selfCopy(f, f, l, zeros()), fs.ErrPermission, "the probe stays: say so")
	f.Hook = nil
	require.Error(t, selfCopy(f, f, l, strings.NewReader("short")))
}

func failOn(op string, reason error) func(memfs.Call) error {
	return func(c memfs.Call) error {
		if c.Op == op {
			return reason
		}
		return nil
	}
}
