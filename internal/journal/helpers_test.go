package journal

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("MSCP_TEST_HOLD_JOURNAL"); path != "" {
		hold(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// never keeps the goroutines of a journal asleep: the test says what is written when.
var never = Options{SyncEvery: 1000 * time.Hour, SyncBytes: 1 << 60}

func key(i int) (k Key) {
	binary.BigEndian.PutUint64(k[i%2*8:], uint64(i)*0x9e3779b97f4a7c15)
	k[15] ^= byte(i)
	return k
}

func begun(i int) File {
	return File{Key: key(i), Part: fmt.Sprintf("/dst/.big\n%d.part", i), Src: fmt.Sprintf("/src/big\xff%d", i)}
}

// opened opens a journal and closes it at the test's end.
func opened(t testing.TB, path string, o Options) (*Journal, *State) {
	t.Helper()
	j, s, err := Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.Close() })
	return j, s
}

// fresh opens a new journal with a job.
func fresh(t testing.TB) (*Journal, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, s := opened(t, path, never)
	require.Nil(t, s.Job())
	require.NoError(t, j.Begin([]byte("the job")))
	return j, path
}

func reopened(t testing.TB, j *Journal, path string) (*Journal, *State) {
	t.Helper()
	require.NoError(t, j.Close())
	return opened(t, path, never)
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

// content is a State in a form that can be compared.
type content struct {
	Job       string
	Committed []Key
	Files     map[Key]File
}

func contentOf(s *State) content {
	c := content{Job: "none", Committed: slices.Clone(s.committed), Files: map[Key]File{}}
	if s.Job() != nil {
		c.Job = string(s.Job())
	}
	for f := range s.Files() {
		c.Files[f.Key] = f
	}
	return c.sorted()
}

func (c content) clone() content {
	c.Committed, c.Files = slices.Clone(c.Committed), maps.Clone(c.Files)
	for k, f := range c.Files {
		f.Ranges = f.Ranges.Clone()
		c.Files[k] = f
	}
	return c.sorted()
}

func (c content) sorted() content {
	if len(c.Committed) == 0 {
		c.Committed = nil
	}
	slices.SortFunc(c.Committed, compareKeys)
	return c
}
