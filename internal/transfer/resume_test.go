package transfer

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/fsys/memfs"
)

// meddler changes things between the runs of a story, and knows what may be where in the end.
type meddler struct {
	*story
	may     map[string][]string // contents that a final name may have, by path below /dst
	orphans []string            // partial files of small sources that have changed: no journal knows of them
	times   int
}

// Whatever ends the runs of a job, and whatever becomes of sources, partial files and copies between them: no final name ever holds a
// mixture, what the journal knew is not sent again, what was in place is not opened again, and the run that comes to its end
// leaves exactly the source.
func TestRunsOfOneJob(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		dir := t.TempDir()
		rapid.Check(t, func(t *rapid.T) {
			dir, err := os.MkdirTemp(dir, "")
			require.NoError(t, err)
			src := drawTree(t)
			closeDirs(t, src)
			m := &meddler{story: newStory(dir, upload, src), may: map[string][]string{}}
			there := m.drawBefore(t, src)
			verify, preserve := rapid.Bool().Draw(t, "verify"), rapid.Bool().Draw(t, "preserve")
			m.set = func(o *Options) {
				o.Preserve = preserve
				if verify {
					o.Verify = &Verify{}
				}
			}
			for range rapid.IntRange(0, 4).Draw(t, "runs") {
				m.interruptedRun(t)
				m.meddle(t)
			}
			before := m.dest().Tree()
			sum, err := m.run(t, 2, after(1<<40), end{})
			require.NoError(t, err)
			require.Empty(t, m.job.seen.failed)
			m.requireNothingTwice(t, before)
			m.requireLeftAlone(t, before)
			m.requireWhole(t, sum, there, preserve)
		})
	})
}

// closeDirs makes some directories such that their owner cannot write to them.
func closeDirs(t *rapid.T, src map[string]memfs.Node) {
	for _, p := range slices.Sorted(maps.Keys(src)) {
		if n := src[p]; n.Mode.IsDir() && rapid.Bool().Draw(t, "closed") {
			n.Mode = fs.ModeDir | 0o555
			src[p] = n
		}
	}
}

// drawBefore puts files at the destination. It returns the directories that are there by that.
func (m *meddler) drawBefore(t *rapid.T, src map[string]memfs.Node) map[string]bool {
	dirs := map[string]bool{}
	for _, p := range slices.Sorted(maps.Keys(src)) {
		n := src[p]
		if !n.Mode.IsRegular() {
			continue
		}
		m.may[p] = append(m.may[p], n.Data)
		if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
			continue
		}
		old := data(rapid.SampledFrom([]int{0, 1, testChunk, len(n.Data)}).Draw(t, "old size"))
		old = "old" + old[min(3, len(old)):]
		m.may[p] = append(m.may[p], old)
		m.dest().Put("/dst"+p, memfs.Node{Mode: 0o600, Data: old, ModTime: planned})
		for d := path.Dir(p); d != "/"; d = path.Dir(d) {
			dirs[d] = true
		}
	}
	return dirs
}

func (m *meddler) interruptedRun(t *rapid.T) {
	e := end{
		how:  rapid.SampledFrom([]fate{cancelled, loses, dies, dies}).Draw(t, "end"),
		call: rapid.Int64Range(1, 500).Draw(t, "call"),
	}
	before := m.dest().Tree()
	_, _ = m.run(t, rapid.IntRange(1, 3).Draw(t, "lanes"), after(rapid.SampledFrom([]int64{1, 1000, 1 << 40}).Draw(t, "sync")), e)
	m.requireNothingTwice(t, before)
	m.requireLeftAlone(t, before)
	for p, n := range below(m.dest(), "/dst") {
		if n.Mode.IsRegular() && !isPart(p, finalName(p)) {
			require.Contains(t, m.may[p], n.Data, "%s: a mixture", p)
		}
	}
}

// finalName is that of the file whose partial file p may be.
func finalName(p string) string {
	base := path.Base(p)
	const tail = 1 + 12 + len(partSuffix)
	return base[min(1, len(base)):max(min(1, len(base)), len(base)-tail)]
}

func (m *meddler) meddle(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "meddling") {
		m.times++
		switch rapid.IntRange(0, 4).Draw(t, "with") {
		case 0:
			m.changeSource(t)
		case 1:
			if p := m.drawSource(t); p != "" {
				m.leave(t, p)
				require.NoError(t, m.source().Remove("/src"+p))
			}
		case 2:
			if p := m.drawSource(t); p != "" {
				_ = m.dest().Remove("/dst" + p)
			}
		case 3:
			if p := m.drawPart(t); p != "" {
				require.NoError(t, m.dest().Remove(p))
			}
		case 4:
			if p := m.drawPart(t); p != "" {
				m.dest().Put(p, memfs.File("short"))
			}
		}
	}
}

// changeSource gives a source other contents, of the same length or another one.
func (m *meddler) changeSource(t *rapid.T) {
	p := m.drawSource(t)
	if p == "" {
		return
	}
	m.leave(t, p)
	n := m.source().Tree()["/src"+p]
	size := rapid.SampledFrom([]int{len(n.Data), len(n.Data), 1, testChunk + 5}).Draw(t, "new size")
	text := fmt.Sprint(m.times)
	n.Data = text + data(size)[min(len(text), size):]
	n.ModTime = planned.Add(time.Duration(m.times) * time.Second)
	m.may[p] = append(m.may[p], n.Data)
	m.source().Put("/src"+p, n)
}

// leave notes the partial file of a source that is about to become another one.
func (m *meddler) leave(t *rapid.T, p string) {
	if _, f := m.file(t, p); f.single {
		m.orphans = append(m.orphans, absolute(f.part))
	}
}

func (m *meddler) drawSource(t *rapid.T) string {
	var files []string
	for p, n := range below(m.source(), "/src") {
		if n.Mode.IsRegular() {
			files = append(files, p)
		}
	}
	return drawFrom(t, files)
}

func (m *meddler) drawPart(t *rapid.T) string { return drawFrom(t, m.parts()) }

func drawFrom(t *rapid.T, names []string) string {
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return rapid.SampledFrom(names).Draw(t, "name")
}

// requireWhole checks what the run that came to its end has left; directories in there were there before.
func (m *meddler) requireWhole(t *rapid.T, sum Summary, there map[string]bool, preserve bool) {
	got, bytes := below(m.dest(), "/dst"), int64(0)
	for p, want := range below(m.source(), "/src") {
		require.Equal(t, want.Data, got[p].Data, p)
		if preserve || !there[p] {
			require.Equal(t, want.Mode, got[p].Mode, p)
		}
		bytes += int64(len(want.Data))
	}
	for _, p := range m.parts() {
		require.Contains(t, m.orphans, p)
	}
	require.Equal(t, bytes, sum.Bytes+sum.Kept)
	require.Equal(t, sum.Bytes, m.job.opt.Counters.BytesKnown.Load())
}
