package transfer

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys"
	"mscp/internal/plan"
)

func TestPartNameIsTheSourcesIdentity(t *testing.T) {
	e := plan.Entry{Src: "/a/f", Dst: "d/f", Info: fsys.Info{Size: 5, ModTime: planned, Dev: 1, Ino: 2}}
	name := new(Options).partName(e)
	require.Equal(t, name, new(Options).partName(e))
	require.Equal(t, "d", path.Dir(name))
	require.Regexp(t, `^\.f\.[0-9a-f]{12}\.mscp-part$`, path.Base(name))
	for what, change := range map[string]func(*plan.Entry){
		"path":  func(e *plan.Entry) { e.Src = "/b/f" },
		"size":  func(e *plan.Entry) { e.Info.Size++ },
		"mtime": func(e *plan.Entry) { e.Info.ModTime = planned.Add(time.Nanosecond) },
		"name":  func(e *plan.Entry) { e.Dst = "d/g" },
	} {
		other := e
		change(&other)
		require.NotEqual(t, name, new(Options).partName(other), what)
	}
	other := e
	other.Info.Mode, other.Info.Access, other.Info.Dev, other.Info.Ino = 0o777, planned, 7, 8
	require.Equal(t, name, new(Options).partName(other), "mode and access time are not the data's, device and inode may be numbered anew")
}

func TestPartNameIsAName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.OneOf(
			rapid.StringN(1, 255, 255),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 255), func(b []byte) string { return string(b) }),
			rapid.Just(strings.Repeat("é", 127)), rapid.Just(strings.Repeat("x", 255)), rapid.Just(strings.Repeat("日本", 42)),
		).Filter(func(s string) bool {
			return !strings.ContainsAny(s, "/\x00") && s != "." && s != ".."
		}).Draw(t, "name")
		name := path.Base(new(Options).partName(plan.Entry{Src: base, Dst: "d/" + base}))
		require.LessOrEqual(t, len(name), 100)
		require.True(t, strings.HasPrefix(name, "."))
		require.True(t, strings.HasSuffix(name, ".mscp-part"))
		require.NotContains(t, name, "/")
		require.NotContains(t, name, "\x00")
		require.True(t, utf8.ValidString(name) || !utf8.ValidString(base))
	})
}

// Names with a long common beginning keep partial files of their own, and a name is not cut inside a character.
func TestPartNameOfLongNames(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", 120), strings.Repeat("日本語", 40), strings.Repeat("\xc6\xfc a", 40), strings.Repeat("\xff", 200)} {
		e := plan.Entry{Src: "s", Dst: "d/" + long + "1"}
		other := plan.Entry{Src: "s", Dst: "d/" + long + "2"}
		require.NotEqual(t, new(Options).partName(e), new(Options).partName(other))
		require.NotEqual(t, new(Options).partName(e), new(Options).partName(e, "trial"))
		require.Equal(t, new(Options).partName(e), new(Options).partName(e))
		base, _, _ := strings.Cut(path.Base(new(Options).partName(e))[1:], ".")
		require.True(t, utf8.ValidString(base) || !utf8.ValidString(long) && base[len(base)-1] < 0x80, "%q", base)
	}
}
