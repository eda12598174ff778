package fsys_test

import (
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

func TestModes(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "f", "x")
		require.NoError(t, s.Mkdir(s.at("d"), 0o700))
		for _, mode := range []fs.FileMode{0, 0o400, 0o777, fs.ModeSetuid | 0o755, fs.ModeSetgid | 0o711, fs.ModeSetuid | fs.ModeSetgid | 0o700} {
			require.NoError(t, s.SetAttr(s.at("f"), fsys.Attr{Mode: &mode}))
			i, err := s.Stat(s.at("f"))
			require.NoError(t, err)
			require.Equal(t, mode, i.Mode)
			require.NoError(t, s.SetAttr(s.at("f"), fsys.Attr{}))
			i, err = s.Lstat(s.at("f"))
			require.NoError(t, err)
			require.Equal(t, mode, i.Mode, "nothing asked, nothing done")
		}
		mode := fs.ModeSticky | 0o777
		require.NoError(t, s.SetAttr(s.at("d"), fsys.Attr{Mode: &mode}))
		i, err := s.Stat(s.at("d"))
		require.NoError(t, err)
		require.Equal(t, fs.ModeDir|mode, i.Mode)

		f, err := s.Create(s.at("g"), 0o600, true)
		require.NoError(t, err)
		mode = fs.ModeSetuid | 0o711
		require.NoError(t, f.SetAttr(fsys.Attr{Mode: &mode}))
		i, err = f.Stat()
		require.NoError(t, err)
		require.Equal(t, mode, i.Mode)
		require.NoError(t, f.Close())
	})
}

func TestTimes(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "f", "x")
		require.NoError(t, s.Mkdir(s.at("d"), 0o700))
		want := fsys.Times{Access: time.Unix(1_600_000_000, 123_456_789), Mod: time.Unix(1_500_000_000, 987_654_321)}
		kept := func(at time.Time) time.Time {
			if s.tick > 0 {
				return at.Truncate(time.Second)
			}
			return at
		}
		for _, name := range []string{"f", "d"} {
			require.NoError(t, s.SetAttr(s.at(name), fsys.Attr{Times: &want}))
			i, err := s.Stat(s.at(name))
			require.NoError(t, err)
			require.True(t, i.ModTime.Equal(kept(want.Mod)), "%s: %v", name, i.ModTime)
			require.True(t, s.noAccess || i.Access.Equal(kept(want.Access)), "%s: %v", name, i.Access)
		}
		f, err := s.Create(s.at("f"), 0o600, false)
		require.NoError(t, err)
		want.Mod = want.Mod.Add(time.Hour)
		require.NoError(t, f.SetAttr(fsys.Attr{Times: &want}))
		require.NoError(t, f.Close())
		i, err := s.Stat(s.at("f"))
		require.NoError(t, err)
		require.True(t, i.ModTime.Equal(kept(want.Mod)))
	})
}

// SFTP version 3 has unsigned seconds: an older or later time becomes the nearest there is, and not another century.
func TestTimesBeyondSFTP(t *testing.T) {
	for _, open := range []func(*testing.T) *side{openServer, openSSHD} {
		s := open(t)
		s.write(t, "f", "x")
		for _, tc := range []struct{ set, get time.Time }{
			{time.Date(1955, 11, 5, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)},
			{time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<32-1, 0)},
		} {
			require.NoError(t, s.SetAttr(s.at("f"), fsys.Attr{Times: &fsys.Times{Access: tc.set, Mod: tc.set}}))
			i, err := s.Stat(s.at("f"))
			require.NoError(t, err)
			require.True(t, i.ModTime.Equal(tc.get), i.ModTime)
		}
	}
}
