package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys/memfs"
)

// corrupt makes the destination store another byte than it acknowledged, in the first times writes to the file "bad" that carry offset at.
func (j *job) corrupt(at int64, times int) {
	d := j.dest()
	var mu sync.Mutex
	d.Hook = func(c memfs.Call) error {
		if c.Op != "read" || !isPart(c.Path, "bad") || c.Off > at || at >= c.Off+int64(c.Len) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if times == 0 {
			return nil
		}
		times--
		// The disk has forgotten a byte since it was written: what is read back is another one.
		n := d.Tree()[absolute(c.Path)]
		b := []byte(n.Data)
		if int64(len(b)) <= at {
			return fmt.Errorf("only %d bytes of %q", len(b), c.Path)
		}
		b[at] ^= 1
		w, err := d.Create(c.Path, 0, false)
		if err != nil {
			return err
		}
		defer w.Close()
		_, err = w.WriteAt(b[at:at+1], at)
		return err
	}
}

// places are a size, and an offset in it that goes bad: of a small file, in the first, an inner and the last block of larger ones.
func places() [][2]int {
	return [][2]int{{1, 0}, {testBlock, 63}, {testBlock + 1, testBlock}, {3*testChunk + 5, 0}, {3*testChunk + 5, testChunk + 70}, {3*testChunk + 5, 3*testChunk + 4}}
}

// A block that the destination has spoiled is found and sent again once.
func TestVerifyMendsABlock(t *testing.T) {
	verifying(t, func(t *testing.T, j *job, at int64) {
		j.corrupt(at, 1)
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.Zero(t, sum.Failed)
		require.Zero(t, sum.Differing)
		j.requireSame(t)
		j.requireNoParts(t)
		require.Len(t, j.seen.notices, 1)
		require.Contains(t, j.seen.notices[0], "sends that block again")
		require.Equal(t, sum.Bytes, sum.Verified)
	})
}

// One that is spoiled each time is a failure of its own kind, and never gets the final name.
func TestVerifyFindsADifference(t *testing.T) {
	verifying(t, func(t *testing.T, j *job, at int64) {
		j.corrupt(at, -1)
		sum, err := j.run(t, t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, sum.Failed)
		require.EqualValues(t, 1, sum.Differing)
		var differs *VerifyError
		require.ErrorAs(t, j.seen.failed["/src/bad"], &differs)
		require.Equal(t, "/src/bad", differs.Path)
		require.Len(t, j.seen.notices, 1, "sent again once")
		require.Equal(t, at/testBlock*testBlock, differs.Off)
		require.NotContains(t, j.dest().Tree(), "/dst/bad")
		require.Len(t, j.seen.copied, len(sizes()))
		j.requireNoParts(t)
	})
}

func verifying(t *testing.T, test func(t *testing.T, j *job, at int64)) {
	both(t, func(t *testing.T, upload bool) {
		for _, p := range places() {
			for _, plain := range []bool{false, true} {
				j := newJob(upload, 2, merged(sizes(), map[string]memfs.Node{"/bad": sized(p[0])}))
				j.opt.Verify = &Verify{}
				for _, l := range j.lanes {
					l.plain = plain
				}
				test(t, j, int64(p[1]))
			}
		}
	})
}

// sums makes digests of both sides in memory.
type sums struct {
	j      *job
	broken error // of the far side
	wrong  bool  // the far side's are others
	asked  atomic.Int64
}

func (s *sums) of(f *memfs.FS, name string) ([]byte, error) {
	n, ok := f.Tree()[absolute(name)]
	if !ok {
		return nil, fs.ErrNotExist
	}
	sum := sha256.Sum256([]byte(n.Data))
	return sum[:], nil
}

func (s *sums) Local(_ context.Context, name string) ([]byte, error) { return s.of(s.j.local, name) }

func (s *sums) Remote(_ context.Context, name string) ([]byte, error) {
	s.asked.Add(1)
	if s.broken != nil {
		return nil, s.broken
	}
	b, err := s.of(s.j.remote, name)
	if s.wrong {
		b = bytes.Clone(b)
		b[0] ^= 1
	}
	return b, err
}

// Digests that are equal save reading back; where they differ or cannot be made, the file is read back, and that decides.
func TestVerifyByDigests(t *testing.T) {
	for name, s := range map[string]*sums{
		"equal": {}, "different though the files are the same": {wrong: true}, "unavailable": {broken: errors.New("no shell")},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, upload bool) {
				j := newJob(upload, 2, sizes())
				s := &sums{j: j, wrong: s.wrong, broken: s.broken}
				j.opt.Verify = &Verify{Digests: s, LocalPath: func(name string) string { return name }}
				var back atomic.Int64
				j.dest().Hook = func(c memfs.Call) error {
					if c.Op == "read" && c.Len > 0 && strings.Contains(c.Path, ".fk.") {
						back.Add(1)
					}
					return nil
				}
				sum, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Zero(t, sum.Failed)
				require.Equal(t, sum.Bytes, sum.Verified)
				j.requireSame(t)
				require.Positive(t, s.asked.Load())
				require.Equal(t, name == "equal", back.Load() == 0, "blocks read back: %d", back.Load())
				notices := 0
				if s.broken != nil {
					notices = 1
				}
				require.Len(t, j.seen.notices, notices)
			})
		})
	}
}

// Files that nobody may write to, or read, are verified and synced before they get their modes.
func TestVerifyReadOnlyFiles(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, sync := range []bool{false, true} {
			src := map[string]memfs.Node{}
			for p, n := range sizes() {
				n.Mode = 0o400
				src[p] = n
			}
			j := newJob(upload, 2, src)
			j.opt.Sync = sync
			if !sync {
				j.opt.Verify = &Verify{}
			}
			j.dest().Hook = func(c memfs.Call) error {
				if c.Op != "open" {
					return nil
				}
				if n, ok := j.dest().Tree()[absolute(c.Path)]; ok && n.Mode.Perm()&0o200 == 0 {
					return fs.ErrPermission
				}
				return nil
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			j.requireSame(t)
		}
	})
}
