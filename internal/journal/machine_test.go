package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	machineKeys = 4
	machineSize = 16 // of a file, in units that stand for bytes
)

// modelFile is what the model knows of one key: as simple as can be.
type modelFile struct {
	committed, begun bool
	acked            [machineSize]bool
}

type model [machineKeys]modelFile

// machine runs a journal beside its model. Crashes keep a random part of what was written and not synced.
type machine struct {
	dir     string
	runs    int
	path    string
	j       *Journal
	now     model
	synced  int64   // the file's length at the last sync
	written int64   // the file's length at the last write
	base    model   // what holds if the file is cut at synced
	between []model // all that was since, up to the last write
	memory  []model // all that was since the last write
}

func TestAnyHistoryAndAnyCrash(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		run, err := os.MkdirTemp(dir, "")
		require.NoError(t, err)
		m := &machine{dir: run}
		m.open(t)
		defer func() { _ = m.j.Close() }() // rapid may give a history up by a panic
		require.NoError(t, m.j.Begin([]byte("job")))
		m.settle(t)
		t.Repeat(map[string]func(*rapid.T){
			"file":   m.file,
			"acked":  m.acked,
			"commit": m.commit,
			"write":  m.write,
			"sync":   m.sync,
			"close":  m.close,
			"crash":  m.crash,
			"":       func(*rapid.T) {},
		})
		require.NoError(t, m.j.Close())
	})
}

func (m *machine) open(t *rapid.T) *State {
	m.runs++
	next := filepath.Join(m.dir, strconv.Itoa(m.runs))
	if m.path != "" {
		require.NoError(t, os.Rename(m.path, next))
	}
	m.path = next
	j, s, err := Open(next, never)
	require.NoError(t, err)
	m.j = j
	return s
}

func (m *machine) length(t *rapid.T) int64 {
	info, err := os.Stat(m.path)
	require.NoError(t, err)
	return info.Size()
}

func drawKey(t *rapid.T) int { return rapid.IntRange(0, machineKeys-1).Draw(t, "key") }

func (m *machine) changed() { m.memory = append(m.memory, m.now) }

func (m *machine) file(t *rapid.T) {
	k := drawKey(t)
	require.NoError(t, m.j.File(begun(k)))
	m.now[k] = modelFile{begun: true}
	m.changed()
}

func (m *machine) acked(t *rapid.T) {
	k := drawKey(t)
	off := rapid.IntRange(0, machineSize-1).Draw(t, "offset")
	n := rapid.IntRange(1, machineSize-off).Draw(t, "length")
	m.j.Acked(key(k), int64(off), int64(n))
	for i := off; i < off+n && m.now[k].begun; i++ {
		m.now[k].acked[i] = true
	}
	m.changed()
}

func (m *machine) commit(t *rapid.T) {
	k := drawKey(t)
	m.j.Commit(key(k))
	m.now[k] = modelFile{committed: true}
	m.changed()
}

func (m *machine) write(t *rapid.T) {
	m.j.flush()
	m.written = m.length(t)
	m.between, m.memory = append(m.between, m.memory...), nil
}

func (m *machine) sync(t *rapid.T) {
	require.NoError(t, m.j.Sync())
	m.settle(t)
}

// settle notes that the file holds all there is.
func (m *machine) settle(t *rapid.T) {
	m.synced = m.length(t)
	m.written, m.base, m.between, m.memory = m.synced, m.now, nil, nil
}

func (m *machine) close(t *rapid.T) {
	require.NoError(t, m.j.Close())
	require.Equal(t, m.now, modelOf(t, m.open(t)))
	m.settle(t)
}

// crash goes on with a copy of the file as a crash might have left it.
func (m *machine) crash(t *rapid.T) {
	left, err := os.ReadFile(m.path)
	require.NoError(t, err)
	require.EqualValues(t, m.written, len(left), "what is in memory stays there")
	left = left[:rapid.Int64Range(m.synced, m.written).Draw(t, "left")]
	require.NoError(t, m.j.Close())
	require.NoError(t, os.WriteFile(m.path, left, 0o600))
	got := modelOf(t, m.open(t))
	switch int64(len(left)) {
	case m.synced:
		require.Equal(t, m.base, got)
	case m.written:
		require.Equal(t, m.between[len(m.between)-1], got)
	default:
		requireBetween(t, append([]model{m.base}, m.between...), got)
	}
	m.now = got
	m.settle(t)
}

// requireBetween checks that each key is as it was at some time, and that its ranges are neither fewer nor more than
// they ever were: within a batch, ranges are written after the files and may be cut off from them.
func requireBetween(t *rapid.T, history []model, got model) {
	for k, f := range got {
		least, most := history[0][k].acked, [machineSize]bool{}
		var was []modelFile
		for _, m := range history {
			for i, acked := range m[k].acked {
				least[i], most[i] = least[i] && acked, most[i] || acked
			}
			was = append(was, modelFile{committed: m[k].committed, begun: m[k].begun})
		}
		for i, acked := range f.acked {
			require.False(t, acked && !most[i] || !acked && least[i], "key %d, unit %d", k, i)
		}
		f.acked = [machineSize]bool{}
		require.True(t, slices.Contains(was, f), "key %d: %+v was never so", k, f)
	}
}

// modelOf is the state as the public methods tell it.
func modelOf(t *rapid.T, s *State) model {
	require.Equal(t, "job", string(s.Job()))
	var m model
	committed := 0
	for k := range m {
		f, found := s.File(key(k))
		m[k] = modelFile{committed: s.Committed(key(k)), begun: found}
		if m[k].committed {
			committed++
		}
		if found {
			require.Equal(t, begun(k).Part, f.Part)
			require.Equal(t, begun(k).Src, f.Src)
		}
		for i := range machineSize {
			m[k].acked[i] = f.Ranges.Has(int64(i), 1)
		}
	}
	require.Equal(t, committed, s.Len())
	return m
}
