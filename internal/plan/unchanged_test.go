package plan

import (
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func TestUnchanged(t *testing.T) {
	at := time.Unix(1_000_000, 5)
	regular := fsys.Info{Name: "f", Size: 7, ModTime: at}
	for name, c := range map[string]struct {
		there, source fsys.Info
		want          bool
	}{
		"the same":               {regular, regular, true},
		"another part of second": {regular, fsys.Info{Size: 7, ModTime: at.Add(999_999_994)}, true},
		"a second later":         {regular, fsys.Info{Size: 7, ModTime: at.Add(time.Second)}, false},
		"a second earlier":       {regular, fsys.Info{Size: 7, ModTime: at.Add(-time.Second)}, false},
		"longer":                 {regular, fsys.Info{Size: 8, ModTime: at}, false},
		"another mode":           {regular, fsys.Info{Size: 7, ModTime: at, Mode: 0o777}, true},
		"another name":           {fsys.Info{Name: "g", Size: 7, ModTime: at}, regular, false},
		"a directory":            {fsys.Info{Name: "f", Size: 7, ModTime: at, Mode: fs.ModeDir}, regular, false},
		"a link":                 {fsys.Info{Name: "f", Size: 7, ModTime: at, Mode: fs.ModeSymlink}, regular, false},
		"a device":               {fsys.Info{Name: "f", Size: 7, ModTime: at, Mode: fs.ModeDevice}, regular, false},
		"not to be looked at":    {fsys.Info{Name: "f", Size: 7, ModTime: at, Err: fs.ErrPermission}, regular, false},
	} {
		there := make(There)
		there.Add(c.there)
		require.Equal(t, c.want, there.Unchanged("f", c.source), name)
	}
	var nobodyAsked There
	nobodyAsked.Add(regular)
	require.False(t, nobodyAsked.Unchanged("f", regular))
}

// TestPresent: single files are looked at, contents are listed.
func TestPresent(t *testing.T) {
	for name, c := range map[string]struct {
		sources []string
		target  string
		want    []string
	}{
		"a file on a file":         {[]string{"f"}, "file", []string{"file"}},
		"a file in a directory":    {[]string{"x/f"}, ".", nil},
		"several":                  {[]string{"f", "g"}, "dir", nil},
		"contents":                 {[]string{"d/."}, ".", []string{"file", "real"}},
		"a directory in one":       {[]string{"d"}, "dir", nil},
		"a name that is not there": {[]string{"f"}, "new", nil},
	} {
		dst := landTarget()
		l, err := Land(landSource(), dst, c.sources, c.target)
		require.NoError(t, err, name)
		there, err := Present(dst, l)
		require.NoError(t, err, name)
		var names []string
		for _, n := range []string{"file", "real", "f", "g", "fifo", "to-file"} {
			if _, ok := there[n]; ok {
				names = append(names, n)
			}
		}
		require.Equal(t, c.want, names, name)
	}
	dst := landTarget()
	l, err := Land(landSource(), dst, []string{"d/."}, ".")
	require.NoError(t, err)
	dst.Hook = func(memfs.Call) error { return fsys.ErrLost }
	_, err = Present(dst, l)
	require.ErrorIs(t, err, fsys.ErrLost)
}
