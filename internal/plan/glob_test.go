package plan

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

func globSource() *memfs.FS {
	f := memfs.New("src", map[string]memfs.Node{
		"/w/a1":        memfs.File(""),
		"/w/a2":        memfs.File(""),
		"/w/b":         memfs.File(""),
		"/w/.hidden":   memfs.File(""),
		"/w/*lit[1]":   memfs.File(""),
		"/w/-x":        memfs.File(""),
		"/w/n\nl":      memfs.File(""),
		"/w/z\xff":     memfs.File(""),
		"/w/zé":        memfs.File(""),
		"/w/d1/x":      memfs.File(""),
		"/w/d1/y":      memfs.File(""),
		"/w/d2/x":      memfs.File(""),
		"/w/d2/.x":     memfs.File(""),
		"/w/dlink":     memfs.Link("d1"),
		"/w/dangling":  memfs.Link("nowhere"),
		"/w/d3/secret": memfs.File(""),
	})
	f.Home = "/w"
	return f
}

func TestExpand(t *testing.T) {
	for pattern, want := range map[string][]string{
		"a1":         {"a1"},
		"missing":    {"missing"},
		"":           {""},
		"a*":         {"a1", "a2"},
		"a?":         {"a1", "a2"},
		"[ab]*":      {"a1", "a2", "b"},
		"[!b]1":      {"a1", "d1"},
		"a[!1]":      {"a2"},
		"a[^1]":      {"a2"},
		"a[1-9]":     {"a1", "a2"},
		`a\1`:        {"a1"},
		`\a*`:        {"a1", "a2"},
		".h*":        {".hidden"},
		`\.h*`:       {".hidden"},
		"*lit[1]":    {"*lit[1]"},
		`\*lit*`:     {"*lit[1]"},
		"-*":         {"-x"},
		"n?l":        {"n\nl"},
		"z*":         {"zé", "z\xff"},
		"z?":         {"zé", "z\xff"},
		"z[\xff]":    {"z\xff"},
		"z[!a]":      {"zé", "z\xff"},
		"\xff*\xff":  nil,
		"d?/x":       {"d1/x", "d2/x"},
		"d?/*":       {"d1/x", "d1/y", "d2/x", "d3/secret"},
		"d2/.*":      {"d2/.x"},
		"./a*":       {"a1", "a2"},
		"/w/a*":      {"/w/a1", "/w/a2"},
		"/?/a1":      {"/w/a1"},
		"/w//d1//*":  {"/w/d1/x", "/w/d1/y"},
		"../w/b*":    {"../w/b"},
		"d*/":        {"d1/", "d2/", "d3/", "dlink/"},
		"dlink/*":    {"dlink/x", "dlink/y"},
		"dl*/y":      {"dlink/y"},
		"dang*":      {"dangling"},
		"d*/nothing": nil,
		"a1/*":       nil,
		"nowhere/*":  nil,
		"q*":         nil,
		"*\x00*":     nil,
	} {
		got, err := expandAll(globSource(), []string{pattern})
		if want == nil {
			require.ErrorIs(t, err, fs.ErrNotExist, "%q", pattern)
			var typed *fsys.Error
			require.ErrorAs(t, err, &typed)
			require.Equal(t, pattern, typed.Path)
		} else {
			require.NoError(t, err, "%q", pattern)
		}
		require.Equal(t, want, got, "%q", pattern)
	}
}

func TestExpandSeveral(t *testing.T) {
	got, err := expandAll(globSource(), []string{"b", "q*", "a*", "[x", "w*"})
	require.Equal(t, []string{"b", "a1", "a2"}, got)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, path.ErrBadPattern)
	require.ErrorContains(t, err, `"q*"`)
	require.ErrorContains(t, err, `"w*"`)
}

// A file on the server whose name is a pattern does not hide what the pattern matches. On this machine a shell may have made the
// name from a pattern, and it stands for itself; so does, on both sides, a pattern that does not match its own text.
func TestNameThatIsAPattern(t *testing.T) {
	src := memfs.New("src", map[string]memfs.Node{
		"/d/*": memfs.File(""), "/d/a": memfs.File(""), "/d/b[1]": memfs.File(""), "/d/b1": memfs.File(""), "/d?/x": memfs.File(""), "/d1/x": memfs.File(""),
	})
	for pattern, want := range map[string]struct{ local, server []string }{
		"/d/*":    {[]string{"/d/*"}, []string{"/d/*", "/d/a", "/d/b1", "/d/b[1]"}},
		`/d/\*`:   {[]string{"/d/*"}, []string{"/d/*"}},
		"/d/b[1]": {[]string{"/d/b[1]"}, []string{"/d/b[1]"}},
		"/d?/x":   {[]string{"/d?/x"}, []string{"/d1/x", "/d?/x"}},
	} {
		got, err := Expand(src, pattern, 1000)
		require.NoError(t, err)
		require.Equal(t, want.local, got, pattern)
		early := EarlySources(src, []string{pattern})
		got, err = Expand(early, pattern, 1000)
		early.Wait()
		require.NoError(t, err)
		require.Equal(t, want.server, got, pattern)
	}
}

func TestExpandBehindErrors(t *testing.T) {
	src := globSource()
	reason := fs.ErrPermission
	src.Hook = func(c memfs.Call) error {
		if c.Op == "list" && c.Path == "d3" {
			return reason
		}
		return nil
	}
	got, err := expandAll(src, []string{"d?/*"})
	require.NoError(t, err, "what can be listed is found")
	require.Equal(t, []string{"d1/x", "d1/y", "d2/x"}, got)
	_, err = expandAll(src, []string{"d3/*"})
	require.ErrorIs(t, err, fs.ErrPermission)
	reason = fsys.ErrLost
	_, err = expandAll(src, []string{"d?/*"})
	require.True(t, fsys.Lost(err))
}

func TestMatchName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "name")
		name := string(b)
		if !validName(name) {
			return
		}
		ok, err := matchName("*", name)
		require.NoError(t, err)
		require.Equal(t, name[0] != '.', ok)
		quoted := ""
		for _, c := range b {
			quoted += `\` + string([]byte{c})
		}
		for _, pattern := range []string{quoted, quoted + "*", name[:1] + "*"} {
			if strings.ContainsAny(name[:1], `*?[\`) && pattern == name[:1]+"*" {
				continue
			}
			ok, err = matchName(pattern, name)
			require.NoError(t, err, "%q", pattern)
			require.True(t, ok, "%q", pattern)
		}
	})
}

// expandAll expands patterns one after the other.
func expandAll(src fsys.FS, patterns []string) (paths []string, all error) {
	for _, p := range patterns {
		found, err := Expand(src, p, 1000)
		paths, all = append(paths, found...), errors.Join(all, err)
	}
	return paths, all
}
