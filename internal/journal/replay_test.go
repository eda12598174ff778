package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// story is a journal and what it holds after each of its records: snapshot i up to boundary i.
type story struct {
	bytes      []byte
	boundaries []int64
	snapshots  []content
}

// tell writes one record of every kind and every order that matters, each with its own Sync.
func tell(t *testing.T) story {
	t.Helper()
	j, path := fresh(t)
	now := content{Job: "the job", Files: map[Key]File{}}
	st := story{boundaries: []int64{0, size(t, path)}, snapshots: []content{{Job: "none", Files: map[Key]File{}}, now.clone()}}
	step := func(apply func()) {
		apply()
		require.NoError(t, j.Sync())
		st.boundaries = append(st.boundaries, size(t, path))
		st.snapshots = append(st.snapshots, now.clone())
	}
	file := func(f File) {
		require.NoError(t, j.File(f))
		now.Files[f.Key] = f
		now.uncommit(f.Key)
	}
	acked := func(k Key, off, n int64) {
		j.Acked(k, off, n)
		f := now.Files[k]
		f.Ranges = f.Ranges.Clone()
		f.Ranges.Add(off, n)
		now.Files[k] = f
	}
	commit := func(k Key) {
		j.Commit(k)
		delete(now.Files, k)
		now.uncommit(k)
		now.Committed = append(now.Committed, k)
	}
	step(func() { commit(key(1)) })
	step(func() { file(begun(2)) })
	step(func() { acked(key(2), 0, 1<<20) })
	step(func() { acked(key(2), 3<<40, 1<<20) })
	step(func() { commit(key(3)) })
	step(func() { file(begun(4)) })
	step(func() { acked(key(4), 100, 1) })
	step(func() { file(begun(4)) }) // from its start again
	step(func() { commit(key(2)) })
	step(func() { commit(key(2)) })
	step(func() { file(begun(2)) }) // copied once more
	step(func() { acked(key(2), 7, 7) })
	step(func() { commit(key(4)) })
	var err error
	st.bytes, err = os.ReadFile(path)
	require.NoError(t, err)
	return st
}

func (c *content) uncommit(k Key) {
	c.Committed = append([]Key(nil), c.Committed...)
	for i, have := range c.Committed {
		if have == k {
			c.Committed = append(c.Committed[:i], c.Committed[i+1:]...)
			return
		}
	}
}

// at is the snapshot that holds for a journal whose first n bytes are good.
func (s story) at(n int64) (content, int64) {
	i := len(s.boundaries) - 1
	for s.boundaries[i] > n {
		i--
	}
	return s.snapshots[i], s.boundaries[i]
}

func TestEveryPrefixIsAnEarlierState(t *testing.T) {
	st := tell(t)
	path := filepath.Join(t.TempDir(), "torn")
	for cut := range len(st.bytes) + 1 {
		require.NoError(t, os.WriteFile(path, st.bytes[:cut], 0o600))
		j, s, err := Open(path, never)
		require.NoError(t, err, cut)
		want, boundary := st.at(int64(cut))
		require.Equal(t, want, contentOf(s), cut)
		if s.Job() == nil {
			boundary = 0
			if cut >= len(header) {
				boundary = int64(len(header))
			}
			require.NoError(t, j.Begin([]byte("the job")))
			want.Job = "the job"
		}
		require.EqualValues(t, int64(cut)-boundary, s.Dropped(), cut)
		j.Commit(key(99))
		require.NoError(t, j.Close())
		_, s = opened(t, path, never)
		want.Committed = append(want.Committed, key(99))
		require.Equal(t, want.sorted(), contentOf(s), cut)
		require.NoError(t, os.Remove(path))
	}
}

func TestEveryFlippedBitIsAnEarlierState(t *testing.T) {
	st := tell(t)
	for i := len(header); i < len(st.bytes); i++ {
		for bit := range 8 {
			bad := bytes.Clone(st.bytes)
			bad[i] ^= 1 << bit
			s, end, err := replay(bytes.NewReader(bad), int64(len(bad)))
			require.NoError(t, err)
			want, boundary := st.at(int64(i))
			require.Equal(t, max(boundary, int64(len(header))), end)
			require.Equal(t, want, contentOf(s))
		}
	}
}

func TestAJournalWithAFlippedHeaderIsLeftAlone(t *testing.T) {
	st := tell(t)
	path := filepath.Join(t.TempDir(), "bad")
	for i := range len(header) {
		for bit := range 8 {
			bad := bytes.Clone(st.bytes)
			bad[i] ^= 1 << bit
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			_, _, err := Open(path, never)
			require.Error(t, err)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, bad, after)
		}
	}
}

// An error of the disk is not a torn record: nothing may be cut off for it.
func TestAReadErrorIsNotATornRecord(t *testing.T) {
	b := appendRecord([]byte(header), typeJob, []byte("job"))
	_, _, err := replay(failing{}, int64(len(b)))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, os.ErrDeadlineExceeded }

func FuzzReplay(f *testing.F) {
	whole := documentedBytes(f)
	f.Add(whole[len(header):])
	f.Add([]byte{})
	file, other := documentedFile()
	b := appendRecord(nil, typeJob, nil)
	b = appendFile(b, &file)
	b = appendCommit(b, other)
	b = appendCommit(b, file.Key)
	f.Add(appendFile(b, &file))
	f.Fuzz(func(t *testing.T, records []byte) {
		data := append([]byte(header), records...)
		s, end, err := replay(bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		require.LessOrEqual(t, end, int64(len(data)))
		again, same, err := replay(bytes.NewReader(data[:end]), end)
		require.NoError(t, err)
		require.Equal(t, end, same)
		require.Equal(t, contentOf(s), contentOf(again))
		if s.Job() == nil {
			return
		}
		var compacted bytes.Buffer
		require.NoError(t, s.writeTo(&compacted))
		require.EqualValues(t, s.size(), compacted.Len())
		again, end, err = replay(bytes.NewReader(compacted.Bytes()), s.size())
		require.NoError(t, err)
		require.Equal(t, s.size(), end)
		require.Equal(t, contentOf(s), contentOf(again))
	})
}
