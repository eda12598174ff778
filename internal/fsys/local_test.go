package fsys_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/sshdtest"
)

// Nothing outside the directory can be reached or changed, by any call.
func TestRootDoesNotLetOut(t *testing.T) {
	bothRoots(t, testRootDoesNotLetOut)
}

// bothRoots runs a test below a directory that can be read, and below one that cannot.
func bothRoots(t *testing.T, test func(t *testing.T, s *side)) {
	t.Run("read", func(t *testing.T) { test(t, openRoot(t)) })
	t.Run("unread", func(t *testing.T) { test(t, openUnread(t)) })
}

func testRootDoesNotLetOut(t *testing.T, s *side) {
	outside := tempDir(t)
	secret := filepath.Join(outside, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	s.link(t, outside, "out")
	s.link(t, secret, "file")
	rel, err := filepath.Rel(s.real, secret)
	require.NoError(t, err)
	s.link(t, rel, "relative")
	s.write(t, "mine", "x")
	require.NoError(t, s.Mkdir("d", 0o700))

	for _, name := range []string{"out/secret", "file", "relative", rel, "../x", "d/../../x", secret} {
		mode := fs.FileMode(0o777)
		calls := map[string]func() error{
			"open":    func() error { _, err := s.Open(name); return err },
			"create":  func() error { _, err := s.Create(name, 0o600, true); return err },
			"stat":    func() error { _, err := s.Stat(name); return err },
			"setattr": func() error { return s.SetAttr(name, fsys.Attr{Mode: &mode}) },
		}
		if name != "file" && name != "relative" { // these are names of our own
			calls["mkdir"] = func() error { return s.Mkdir(name+"/d", 0o700) }
			calls["rename"] = func() error { _, err := s.Rename("mine", name); return err }
			calls["remove"] = func() error { return s.Remove(name) }
			calls["list"] = func() error { return s.List(name, func(fsys.Info) error { return nil }) }
		}
		for what, call := range calls {
			err := call()
			require.ErrorIs(t, err, fsys.ErrEscapes, "%s %s", what, name)
			var typed *fsys.Error
			require.ErrorAs(t, err, &typed)
		}
	}
	got, err := os.ReadFile(secret)
	require.NoError(t, err)
	require.Equal(t, "secret", string(got))
	i, err := os.Stat(secret)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, i.Mode())

	require.NoError(t, s.Remove("file"), "the link itself is ours")
	require.FileExists(t, secret)
	_, err = s.Rename("mine", "relative")
	require.NoError(t, err, "and is replaced, not followed")
	require.FileExists(t, secret)
}

// A link that stays inside is followed.
func TestRootFollowsInside(t *testing.T) {
	bothRoots(t, func(t *testing.T, s *side) {
		require.NoError(t, s.Mkdir("d", 0o700))
		s.link(t, "d", "l")
		s.write(t, "l/f", "x")
		require.Equal(t, "x", s.read(t, "d/../d/f", 10))
	})
}

func TestOpenRoot(t *testing.T) {
	_, err := fsys.OpenRoot(filepath.Join(t.TempDir(), "no"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	var typed *fsys.Error
	require.ErrorAs(t, err, &typed)
}

// A destination without a position takes its bytes in the order of the calls.
func TestWriteToAFIFO(t *testing.T) {
	s := openLocal(t)
	name := filepath.Join(s.real, "fifo")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	r, err := os.OpenFile(name, os.O_RDWR, 0) // does not wait for a writer
	require.NoError(t, err)
	defer r.Close()
	w, err := s.Create(s.at("fifo"), 0o600, true)
	require.NoError(t, err)
	for off, part := range []string{"one", "two"} {
		n, err := w.WriteAt([]byte(part), int64(off*3))
		require.NoError(t, err)
		require.Equal(t, 3, n)
	}
	require.NoError(t, w.Close())
	b := make([]byte, 6)
	_, err = r.Read(b)
	require.NoError(t, err)
	require.Equal(t, "onetwo", string(b))
}

// A source without a position gives its bytes in the order of the calls.
func TestReadFromAFIFO(t *testing.T) {
	s := openLocal(t)
	name := filepath.Join(s.real, "fifo")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	w, err := os.OpenFile(name, os.O_RDWR, 0) // does not wait for a reader
	require.NoError(t, err)
	r, err := s.Open(s.at("fifo"))
	require.NoError(t, err)
	_, err = w.WriteString("onetwo!")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	b := make([]byte, 3)
	for off, part := range []string{"one", "two"} {
		n, err := r.ReadAt(b, int64(off*3))
		require.NoError(t, err)
		require.Equal(t, part, string(b[:n]))
	}
	_, err = r.ReadAt(b, 0)
	require.ErrorIs(t, err, syscall.ESPIPE)
	n, err := r.ReadAt(b, 6)
	require.Equal(t, io.EOF, err)
	require.Equal(t, "!", string(b[:n]))
	require.NoError(t, r.Close())
}

func TestLocalFullDevice(t *testing.T) {
	f, err := fsys.NewLocal().Create("/dev/full", 0, false)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("x"), 0)
	require.ErrorIs(t, err, fsys.ErrNoSpace)
	require.NoError(t, f.Close())
}

func TestLocalNotDir(t *testing.T) {
	s := openLocal(t)
	s.write(t, "f", "x")
	_, err := s.Create(s.at("f/x"), 0o600, true)
	require.ErrorIs(t, err, fsys.ErrNotDir)
	require.ErrorIs(t, s.List(s.at("f"), func(fsys.Info) error { return nil }), fsys.ErrNotDir)
	_, err = s.Create(s.at("."), 0o600, true)
	require.ErrorIs(t, err, fsys.ErrIsDir)
}

// asNobody runs do on a thread without root's rights. The thread ends with it.
func asNobody(t *testing.T, do func()) {
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		if os.Geteuid() == 0 {
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), 65534, ^uintptr(0)); errno != 0 {
				done <- errno
				return
			}
		}
		do()
	}()
	require.NoError(t, <-done)
}

func TestLocalPermission(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *side{"local": openLocal, "root": openRoot} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			s.write(t, "f", "x")
			require.NoError(t, os.Mkdir(filepath.Join(s.real, "d"), 0))
			require.NoError(t, os.Chmod(filepath.Join(s.real, "f"), 0))
			var errs []error
			asNobody(t, func() { errs = denied(s) })
			requireDenied(t, errs)
		})
	}
}

func TestServerPermission(t *testing.T) {
	if os.Geteuid() != 0 { // no user can be made: the test's own is denied as well
		s := openSSHD(t)
		s.deny(t)
		requireDenied(t, denied(s))
		return
	}
	s := dialSSHD(t, sshdtest.Start(t, sshdtest.WithTempUser()))
	dir, err := os.MkdirTemp("", "denied")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	s.dir, s.real = dir, dir
	s.deny(t)
	requireDenied(t, denied(s))
}

// deny makes what denied asks for.
func (s *side) deny(t *testing.T) {
	require.NoError(t, os.WriteFile(filepath.Join(s.real, "f"), nil, 0))
	require.NoError(t, os.Mkdir(filepath.Join(s.real, "d"), 0))
}

func denied(s *side) []error {
	_, open := s.Open(s.at("f"))
	_, create := s.Create(s.at("f"), 0o600, true)
	_, fresh := s.Create(s.at("d/x"), 0o600, true)
	return []error{open, create, fresh, s.Mkdir(s.at("d/x"), 0o700), s.List(s.at("d"), func(fsys.Info) error { return nil })}
}

func requireDenied(t *testing.T, errs []error) {
	for i, err := range errs {
		require.ErrorIs(t, err, fs.ErrPermission, "call %d", i)
		requirePlainText(t, err)
	}
}
