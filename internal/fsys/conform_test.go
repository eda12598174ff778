package fsys_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

// pattern is n bytes of which no two blocks are the same.
func pattern(n int) string {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(uint64(n), 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func TestReadAndWrite(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		for _, n := range []int{0, 1, 1000, 32 << 10, 32<<10 + 1, 100_001} {
			want := pattern(n)
			s.write(t, "f", want)
			for _, piece := range []int{1000, 32 << 10} {
				require.True(t, want == s.read(t, "f", piece), "%d bytes by %d", n, piece)
			}
		}
		f, err := s.Open(s.at("f"))
		require.NoError(t, err)
		n, err := f.ReadAt(make([]byte, 10), 1<<40)
		require.Zero(t, n)
		require.Equal(t, io.EOF, err)
		n, err = f.ReadAt(nil, 0)
		require.Zero(t, n)
		require.NoError(t, err)
		i, err := f.Stat()
		require.NoError(t, err)
		require.EqualValues(t, 100_001, i.Size)
		require.True(t, i.IsRegular())
		require.NoError(t, f.Close())
	})
}

// Blocks of one file are written, then read, by many goroutines at once.
func TestBlocksAtOnce(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		const block, blocks = 10_000, 40
		want := pattern(block * blocks)
		w, err := s.Create(s.at("f"), 0o600, true)
		require.NoError(t, err)
		eachBlock(t, blocks, func(i int) error {
			_, err := w.WriteAt([]byte(want[i*block:(i+1)*block]), int64(i*block))
			return err
		})
		if err := w.Sync(); err != nil {
			require.ErrorIs(t, err, fsys.ErrUnsupported)
		}
		require.NoError(t, w.Close())
		r, err := s.Open(s.at("f"))
		require.NoError(t, err)
		eachBlock(t, blocks, func(i int) error {
			b := make([]byte, block)
			if n, err := r.ReadAt(b, int64(i*block)); n < block {
				return fmt.Errorf("%d bytes: %w", n, err)
			}
			if string(b) != want[i*block:(i+1)*block] {
				return fmt.Errorf("block %d is another", i)
			}
			return nil
		})
		require.NoError(t, r.Close())
	})
}

func eachBlock(t *testing.T, n int, do func(i int) error) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := do(i); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCreateAndTruncate(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "f", "0123456789")
		f, err := s.Create(s.at("f"), 0o600, false)
		require.NoError(t, err)
		_, err = f.WriteAt([]byte("ab"), 3)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Equal(t, "012ab56789", s.read(t, "f", 100), "what it held stays")

		f, err = s.Create(s.at("f"), 0o600, false)
		require.NoError(t, err)
		require.NoError(t, f.Truncate(4))
		require.NoError(t, f.Truncate(6))
		require.NoError(t, f.Close())
		require.Equal(t, "012a\x00\x00", s.read(t, "f", 100))

		f, err = s.Create(s.at("f"), 0o600, true)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Empty(t, s.read(t, "f", 100))
		i, err := s.Stat(s.at("f"))
		require.NoError(t, err)
		require.EqualValues(t, 0o644, i.Mode, "perm is for new files")
	})
}

func TestEdit(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "f", "0123456789")
		f, err := s.Edit(s.at("f"))
		require.NoError(t, err)
		_, err = f.WriteAt([]byte("ab"), 3)
		require.NoError(t, err)
		b := make([]byte, 4)
		_, err = f.ReadAt(b, 2)
		require.NoError(t, err)
		require.Equal(t, "2ab5", string(b))
		require.NoError(t, f.Close())
		_, err = s.Edit(s.at("no"))
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

// Every error is an *Error with side, operation and path, and its reason is found by errors.Is.
func TestReasons(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "file", "x")
		require.NoError(t, s.Mkdir(s.at("dir"), 0o755))
		require.NoError(t, s.Mkdir(s.at("dir/full"), 0o755))
		nothing := func(fsys.Info) error { return nil }
		for name, tc := range map[string]struct {
			err  func() error
			path string
			want error // nil: any
		}{
			"stat missing":       {func() error { _, err := s.Stat(s.at("no")); return err }, "no", fs.ErrNotExist},
			"lstat missing":      {func() error { _, err := s.Lstat(s.at("no")); return err }, "no", fs.ErrNotExist},
			"open missing":       {func() error { _, err := s.Open(s.at("no")); return err }, "no", fs.ErrNotExist},
			"list missing":       {func() error { return s.List(s.at("no"), nothing) }, "no", fs.ErrNotExist},
			"list a file":        {func() error { return s.List(s.at("file"), nothing) }, "file", nil},
			"below a file":       {func() error { _, err := s.Stat(s.at("file/x")); return err }, "file/x", nil},
			"create in missing":  {func() error { _, err := s.Create(s.at("no/f"), 0o600, true); return err }, "no/f", fs.ErrNotExist},
			"create over dir":    {func() error { _, err := s.Create(s.at("dir"), 0o600, true); return err }, "dir", nil},
			"mkdir in missing":   {func() error { return s.Mkdir(s.at("no/d"), 0o700) }, "no/d", fs.ErrNotExist},
			"mkdir existing":     {func() error { return s.Mkdir(s.at("dir"), 0o700) }, "dir", fs.ErrExist},
			"mkdir over file":    {func() error { return s.Mkdir(s.at("file"), 0o700) }, "file", fs.ErrExist},
			"attributes missing": {func() error { m := fs.FileMode(0o600); return s.SetAttr(s.at("no"), fsys.Attr{Mode: &m}) }, "no", fs.ErrNotExist},
			"rename missing":     {func() error { _, err := s.Rename(s.at("no"), s.at("n")); return err }, "n", fs.ErrNotExist},
			"rename over dir":    {func() error { _, err := s.Rename(s.at("file"), s.at("dir")); return err }, "dir", fsys.ErrIsDir},
			"remove missing":     {func() error { return s.Remove(s.at("no")) }, "no", fs.ErrNotExist},
			"remove full dir":    {func() error { return s.Remove(s.at("dir")) }, "dir", nil},
			"resolve missing":    {func() error { _, err := s.RealPath(s.at("no/no")); return err }, "no/no", fs.ErrNotExist},
			"space of missing":   {func() error { _, err := s.Space(s.at("no")); return err }, "no", nil},
		} {
			err := tc.err()
			require.Error(t, err, name)
			var typed *fsys.Error
			require.ErrorAs(t, err, &typed, name)
			require.Equal(t, s.Side(), typed.Side, name)
			require.NotEmpty(t, typed.Op, name)
			require.True(t, strings.HasSuffix(typed.Path, tc.path) || s.mem != nil, "%s: %q", name, typed.Path)
			require.False(t, fsys.Lost(err), name)
			requirePlainText(t, err)
			if tc.want != nil {
				require.ErrorIs(t, err, tc.want, name)
			}
		}
		require.Equal(t, "x", s.read(t, "file", 10), "and nothing is changed")
	})
}

// requirePlainText checks that a user sees no library's words.
func requirePlainText(t *testing.T, err error) {
	for _, word := range []string{"sftp:", "SSH_FX", "syscall", "*fs.", "ssh:"} {
		require.NotContains(t, err.Error(), word)
	}
}

func TestNames(t *testing.T) {
	names := []string{"-rf", "a b", " ", "new\nline", "\xff\xfe", "quo'te\"", "*?[x]", "~", "\\", "日本", "\x1b[31m", "...", strings.Repeat("x", 255)}
	everySide(t, func(t *testing.T, s *side) {
		for _, n := range names {
			s.write(t, n, n)
		}
		var listed []string
		require.NoError(t, s.List(s.at("."), func(i fsys.Info) error { listed = append(listed, i.Name); return nil }))
		require.ElementsMatch(t, names, listed)
		for _, n := range names {
			require.Equal(t, n, s.read(t, n, 1000))
			i, err := s.Lstat(s.at(n))
			require.NoError(t, err)
			require.Equal(t, n, i.Name)
			atomic, err := s.Rename(s.at(n), s.at("other"))
			require.NoError(t, err)
			require.True(t, atomic)
			require.NoError(t, s.Remove(s.at("other")))
			require.NoError(t, s.Mkdir(s.at(n), 0o700))
			require.NoError(t, s.Remove(s.at(n)))
		}
	})
}

func TestListing(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		const many = 5000
		require.NoError(t, s.Mkdir(s.at("d"), 0o755))
		require.NoError(t, s.Mkdir(s.at("empty"), 0o755))
		s.fill(t, "d", many)
		s.link(t, "7", "d/link")
		require.NoError(t, s.Mkdir(s.at("d/dir"), 0o750))

		seen := map[string]fsys.Info{}
		require.NoError(t, s.List(s.at("d"), func(i fsys.Info) error {
			if _, twice := seen[i.Name]; twice {
				return fmt.Errorf("%q comes twice", i.Name)
			}
			seen[i.Name] = i
			return nil
		}))
		require.Len(t, seen, many+2)
		require.True(t, seen["link"].IsLink())
		require.True(t, seen["dir"].IsDir())
		for i := range many {
			e := seen[fmt.Sprint(i)]
			require.EqualValues(t, i%7, e.Size)
			require.EqualValues(t, 0o640, e.Mode)
		}
		full, err := s.Stat(s.at("d/7"))
		require.NoError(t, err)
		require.True(t, full.ModTime.Equal(seen["7"].ModTime), "as Stat tells it")
		require.Equal(t, full.Ino, seen["7"].Ino)

		enough := errors.New("enough")
		count := 0
		require.Equal(t, enough, s.List(s.at("d"), func(fsys.Info) error {
			if count++; count == 150 {
				return enough
			}
			return nil
		}))
		require.Equal(t, 150, count)
		require.NoError(t, s.List(s.at("empty"), func(fsys.Info) error { return enough }))
	})
}

func TestRename(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		s.write(t, "a", "new")
		s.write(t, "b", "old and longer")
		for _, to := range []string{"b", "c"} {
			atomic, err := s.Rename(s.at("a"), s.at(to))
			require.NoError(t, err)
			require.True(t, atomic)
			require.Equal(t, "new", s.read(t, to, 100))
			_, err = s.Stat(s.at("a"))
			require.ErrorIs(t, err, fs.ErrNotExist)
			s.write(t, "a", "new")
		}
		s.link(t, "c", "link")
		_, err := s.Rename(s.at("a"), s.at("link"))
		require.NoError(t, err)
		i, err := s.Lstat(s.at("link"))
		require.NoError(t, err)
		require.True(t, i.IsRegular(), "a link is replaced, not followed")
	})
}

func TestLinks(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		require.NoError(t, s.Mkdir(s.at("d"), 0o755))
		s.write(t, "d/f", "xyz")
		s.link(t, "d/f", "l")
		s.link(t, "nowhere", "gone")
		i, err := s.Lstat(s.at("l"))
		require.NoError(t, err)
		require.True(t, i.IsLink())
		i, err = s.Stat(s.at("l"))
		require.NoError(t, err)
		require.True(t, i.IsRegular())
		require.EqualValues(t, 3, i.Size)
		require.Equal(t, "xyz", s.read(t, "l", 10))
		_, err = s.Stat(s.at("gone"))
		require.ErrorIs(t, err, fs.ErrNotExist)
		whole, err := s.RealPath(s.at("d/f"))
		require.NoError(t, err)
		resolved, err := s.RealPath(s.at("l"))
		require.NoError(t, err)
		require.Equal(t, whole, resolved)
		require.True(t, strings.HasPrefix(resolved, "/"))
		mode := fs.FileMode(0o604)
		require.NoError(t, s.SetAttr(s.at("l"), fsys.Attr{Mode: &mode}))
		i, err = s.Stat(s.at("d/f"))
		require.NoError(t, err)
		require.Equal(t, mode, i.Mode, "attributes are set through a link")
		require.NoError(t, s.Remove(s.at("l")))
		require.Equal(t, "xyz", s.read(t, "d/f", 10), "and a link is removed alone")
	})
}

func TestSpace(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		space, err := s.Space(s.at("."))
		if s.mem != nil {
			require.ErrorIs(t, err, fsys.ErrUnsupported)
			return
		}
		require.NoError(t, err)
		require.NotZero(t, space.Total)
		require.LessOrEqual(t, space.Available, space.Total)
		require.False(t, space.ReadOnly)
	})
}

// The empty name is where relative names begin.
func TestEmptyName(t *testing.T) {
	everySide(t, func(t *testing.T, s *side) {
		i, err := s.Stat("")
		require.NoError(t, err)
		require.True(t, i.IsDir())
		p, err := s.RealPath("")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(p, "/"))
	})
}

func TestLastReaderAndWriter(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *side{"sshserver": openServer, "sshd": openSSHD} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			mode := fs.FileMode(0o604)
			times := &fsys.Times{Access: time.Unix(1_000_000, 0), Mod: time.Unix(2_000_000, 0)}
			for _, n := range []int{0, 1, 32<<10 - 21, 32 << 10, s.sftp.Block()} {
				want := pattern(n)
				for _, a := range []fsys.Attr{{}, {Mode: &mode}, {Mode: &mode, Times: times}} {
					f, err := s.Create(s.at("f"), 0o600, true)
					require.NoError(t, err)
					attrErr, err := f.(fsys.LastWriter).WriteLast([]byte(want), 0, a)
					require.NoError(t, err)
					require.NoError(t, attrErr)
					require.Error(t, f.Close(), "it is closed")
				}
				f, err := s.Open(s.at("f"))
				require.NoError(t, err)
				b := make([]byte, n)
				got, i, err := f.(fsys.LastReader).ReadLast(b, 0)
				if n == 0 {
					require.True(t, err == nil || err == io.EOF)
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, n, got)
				require.True(t, string(b) == want)
				require.EqualValues(t, n, i.Size)
				require.Equal(t, mode, i.Mode)
				require.True(t, i.ModTime.Equal(times.Mod), i.ModTime)
				require.Error(t, f.Close(), "it is closed")
			}
		})
	}
}

func TestSides(t *testing.T) {
	names := map[string]bool{}
	everySide(t, func(_ *testing.T, s *side) { names[s.Side()] = true })
	require.ElementsMatch(t, []string{"local", "mem", "host"}, slices.Collect(func(yield func(string) bool) {
		for n := range names {
			if !yield(n) {
				return
			}
		}
	}))
}
