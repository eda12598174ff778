package plan

import (
	"crypto/rand"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// arguments are those of a command line.
type arguments struct {
	sources []string
	target  string
}

// settle is all of planning, as mscp does it.
func settle(t *testing.T, src, dst fsys.FS, sources []string, target string) *Landing {
	sources, err := expandAll(src, sources)
	require.NoError(t, err)
	l, err := Land(src, dst, sources, target)
	require.NoError(t, err)
	special, err := Special(dst, l)
	require.NoError(t, err)
	there, err := FindRoot(dst, l)
	require.NoError(t, err)
	require.NoError(t, selfCopy(src, dst, l, rand.Reader))
	l.RootExists = there
	l.WriteInPlace(special)
	return l
}

// far makes each call take a round trip of a second, in a bubble of testing/synctest.
func far(f *memfs.FS) *memfs.FS {
	f.Hook = func(memfs.Call) error { time.Sleep(time.Second); return nil }
	return f
}

// What planning asks in the usual cases was asked at once, and nothing lands elsewhere for it.
func TestEarly(t *testing.T) {
	for name, c := range map[string]arguments{
		"file on a new name":                {[]string{"f"}, "new"},
		"file on a new name in a directory": {[]string{"f"}, "dir/new"},
		"file on a directory":               {[]string{"x/f"}, "dir"},
		"file on a file":                    {[]string{"f"}, "file"},
		"directory on a new name":           {[]string{"d"}, "new/"},
		"directory in a directory":          {[]string{"d/"}, "dir"},
		"several on a directory":            {[]string{"f", "g", "d"}, "dir/"},
		"several on a new name":             {[]string{"f", "d"}, "new"},
		"file on the login directory":       {[]string{"f"}, ""},
	} {
		t.Run("up "+name, func(t *testing.T) {
			want := settle(t, landSource(), landTarget(), c.sources, c.target)
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				e := EarlyTarget(far(landTarget()), c.sources, c.target)
				require.Equal(t, want, settle(t, landSource(), e, c.sources, c.target))
				e.Wait()
				require.Equal(t, time.Second, time.Since(begun))
			})
		})
		t.Run("down "+name, func(t *testing.T) {
			want := settle(t, landSource(), landTarget(), c.sources, c.target)
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				e := EarlySources(far(landSource()), c.sources)
				require.Equal(t, want, settle(t, e, landTarget(), c.sources, c.target))
				e.Wait()
				require.Equal(t, time.Second, time.Since(begun))
			})
		})
	}
}

// What was not foreseen is asked when it is wanted.
func TestNotEarly(t *testing.T) {
	for name, c := range map[string]arguments{
		"link to a file":      {[]string{"f"}, "to-file"},
		"link to a directory": {[]string{"f"}, "to-dir"},
		"new directories":     {[]string{"f"}, "n/m/new"},
		"contents":            {[]string{"d/."}, "dir"},
		"pattern":             {[]string{"?"}, "dir"},
		"a link as a source":  {[]string{"to-d", "to-f"}, "dir"},
		"the same one twice":  {[]string{"f", "f"}, "dir"},
	} {
		t.Run(name, func(t *testing.T) {
			want := settle(t, landSource(), landTarget(), c.sources, c.target)
			up, down := EarlyTarget(landTarget(), c.sources, c.target), EarlySources(landSource(), c.sources)
			require.Equal(t, want, settle(t, down, up, c.sources, c.target))
			up.Wait()
			down.Wait()
		})
	}
}
