package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestOpenMakesDirectoriesForThisUserOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "journal")
	opened(t, path, never)
	for name, mode := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
}

func TestMustExistMakesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "journal")
	_, _, err := Open(path, Options{MustExist: true})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoDirExists(t, filepath.Dir(path))
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"x", "mscp", "a text of several\nlines\n", header[:3] + "x", "\x89PNG\r\n\x1a\n", strings.ReplaceAll(header, "\r\n", "\n") + "123"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, _, err := Open(path, never)
		var foreign *ForeignError
		require.ErrorAs(t, err, &foreign, text)
		require.Equal(t, path, foreign.Path)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(after))
	}
}

func TestOtherVersionsAreLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, v := range []byte{0, 2, 255} {
		text := magic + string([]byte{v}) + "whatever it holds"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, _, err := Open(path, never)
		var other *VersionError
		require.ErrorAs(t, err, &other)
		require.EqualValues(t, v, other.Version)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(after))
	}
}

func TestOnlyARegularFileIsAJournal(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	for _, path := range []string{fifo, "/dev/null"} {
		_, _, err := Open(path, never)
		var foreign *ForeignError
		require.ErrorAs(t, err, &foreign, path)
	}
	_, _, err := Open(t.TempDir(), never)
	require.ErrorIs(t, err, unix.EISDIR)
}

func TestAnEmptyFileIsANewJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	j, s := opened(t, path, Options{MustExist: true})
	require.Nil(t, s.Job())
	require.NoError(t, j.Begin(nil))
	_, s = reopened(t, j, path)
	require.NotNil(t, s.Job(), "an empty job is a job")
}

func TestTheFileBehindALinkIsTheJournal(t *testing.T) {
	j, path := fresh(t)
	require.NoError(t, j.Close())
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(path, link))
	j, s := opened(t, link, never)
	require.Equal(t, "the job", string(s.Job()))
	require.NoError(t, j.Remove())
	require.NoFileExists(t, path)
}

func TestErrorsOfFileSystemsWithoutLocks(t *testing.T) {
	for _, err := range []error{unix.ENOSYS, unix.EOPNOTSUPP, unix.ENOLCK, errors.ErrUnsupported} {
		var none *NoLocksError
		require.ErrorAs(t, lockError("p", err), &none)
		require.ErrorIs(t, none, err)
	}
	require.NoError(t, lockError("p", nil))
	var none *NoLocksError
	require.False(t, errors.As(lockError("p", unix.EIO), &none))
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	require.Equal(t, `another run of this job, process 7, holds the journal "p"`, (&LockedError{"p", 7}).Error())
	require.Equal(t, `another run of this job holds the journal "p"`, (&LockedError{"p", 0}).Error())
	require.Equal(t, `"p" is not a journal of mscp`, (&ForeignError{"p"}).Error())
	require.Contains(t, (&VersionError{"p", 3}).Error(), "its format is 3, ours is 1")
	require.Contains(t, (&NoLocksError{"p", unix.ENOLCK}).Error(), "no locks available")
}
