package transfer

import (
	"context"
	"errors"
	"maps"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mscp/internal/chunker"
	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
	"mscp/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is an Observer that keeps what it is told.
type record struct {
	mu       sync.Mutex
	failed   map[string]error
	failures int // calls: a directory can fail to be listed, and to get its attributes
	copied   map[string]int64
	ended    map[string]int // calls of Failed and Copied
	skipped  map[string]string
	notices  []string
	noticed  chan struct{} // closed at the first notice
}

func newRecord() *record {
	return &record{ended: map[string]int{}, failed: map[string]error{}, copied: map[string]int64{}, skipped: map[string]string{}, noticed: make(chan struct{})}
}

func (r *record) Failed(path string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[path] = err
	r.failures++
	r.ended[path]++
}

func (r *record) Copied(path string, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copied[path] = size
	r.ended[path]++
}

func (r *record) Skipped(path, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped[path] = what
}

func (r *record) Notice(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.notices = append(r.notices, text); len(r.notices) == 1 {
		close(r.noticed)
	}
}

const (
	testBlock = 64   // bytes
	testChunk = 4096 // a page: the smallest there is
)

var planned = time.Unix(1_000_000, 0)

// job is a copy of /src on one side to /dst on the other.
type job struct {
	local, remote *memfs.FS
	lanes         []*testLane // the first of them is open when the copy begins
	opt           Options
	seen          *record

	mu     sync.Mutex
	opened int // lanes
}

func newJob(upload bool, lanes int, src map[string]memfs.Node) *job {
	tree := map[string]memfs.Node{}
	for p, n := range src {
		if n.ModTime.IsZero() {
			n.ModTime = planned
		}
		tree[path.Join("/src", p)] = n
	}
	if _, ok := tree["/src"]; !ok {
		tree["/src"] = memfs.Dir()
	}
	j := &job{local: memfs.New("local", tree), remote: memfs.New("remote", nil), seen: newRecord(), opened: 1}
	if !upload {
		j.local, j.remote = memfs.New("local", nil), memfs.New("remote", tree)
	}
	for i := range lanes {
		j.lanes = append(j.lanes, newTestLane(j.remote, i, testBlock))
	}
	j.opt = Options{
		Upload: upload, Local: j.local, First: j.lanes[0], OpenLane: j.open, MaxLanes: lanes, Eager: true,
		Chunks: chunker.Policy{Min: 1, Max: testChunk, Connections: lanes}, Counters: &Counters{}, Observer: j.seen,
		Retryable: func(error) bool { return false }, Retries: 1, RetryTimeout: time.Minute, // no pauses
	}
	return j
}

func (j *job) open(context.Context) (Lane, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.opened == len(j.lanes) {
		return nil, errNoMore
	}
	j.opened++
	return j.lanes[j.opened-1], nil
}

// errNoMore is a server that admits no further connection.
var errNoMore = errors.New("no more lanes")

func (j *job) source() *memfs.FS {
	if j.opt.Upload {
		return j.local
	}
	return j.remote
}

func (j *job) dest() *memfs.FS {
	if j.opt.Upload {
		return j.remote
	}
	return j.local
}

// run copies. Whatever happens, all lanes and files are closed at the end.
func (j *job) run(t require.TestingT, ctx context.Context) (Summary, error) {
	info, err := j.source().Stat("/src")
	require.NoError(t, err)
	return j.runItem(t, ctx, info)
}

func (j *job) runItem(t require.TestingT, ctx context.Context, info fsys.Info) (Summary, error) {
	return j.runItems(t, ctx, plan.Item{Src: "/src", Dst: "dst", Info: info})
}

func (j *job) runItems(t require.TestingT, ctx context.Context, items ...plan.Item) (Summary, error) {
	if j.opt.Upload {
		j.opt.Root = "/"
	}
	sum, err := Run(ctx, j.opt, func(ctx context.Context, src fsys.FS, sink plan.Sink) error {
		return plan.Walk(ctx, src, items, 3, sink)
	})
	for i, l := range j.lanes[:j.opened] {
		require.True(t, l.isClosed(), "lane %d", i)
	}
	require.Zero(t, j.local.OpenFiles(), "local files are open")
	require.Zero(t, j.remote.OpenFiles(), "remote files are open")
	require.Zero(t, j.opt.Counters.Lanes.Load())
	require.EqualValues(t, j.seen.failures, sum.Failed)
	require.EqualValues(t, len(j.seen.copied), sum.Files)
	return sum, err
}

// below returns what lies at and below dir, by path relative to it.
func below(f *memfs.FS, dir string) map[string]memfs.Node {
	found := map[string]memfs.Node{}
	for p, n := range f.Tree() {
		if rest, ok := strings.CutPrefix(p, dir); ok && (rest == "" || rest[0] == '/') {
			found[rest] = n
		}
	}
	return found
}

// requireSame checks that the copy is the source.
func (j *job) requireSame(t require.TestingT) {
	require.Equal(t, below(j.source(), "/src"), below(j.dest(), "/dst"))
}

// requireNoParts checks that no partial file is left.
func (j *job) requireNoParts(t require.TestingT) {
	for p := range j.dest().Tree() {
		require.False(t, strings.HasSuffix(p, ".mscp-part"), p)
	}
}

// forgetMarks takes away what a run leaves that has lost all lanes and has no journal.
func (j *job) forgetMarks() {
	for p := range j.dest().Tree() {
		if strings.HasPrefix(path.Base(p), ".mscp.") {
			_ = j.dest().Remove(p)
		}
	}
}

// requireHonest checks that every final name holds all of its source or is not there, and what is not there was reported.
func (j *job) requireHonest(t require.TestingT, src map[string]memfs.Node, before map[string]memfs.Node) {
	now := below(j.dest(), "/dst")
	for p, want := range src {
		if !want.Mode.IsRegular() {
			continue
		}
		got, there := now[p]
		old, had := before[p]
		switch {
		case j.seen.copied["/src"+p] == int64(len(want.Data)) && has(j.seen.copied, "/src"+p):
			require.Equal(t, want.Data, got.Data, p)
			require.NotContains(t, j.seen.failed, "/src"+p)
		case there && got.Data == want.Data:
		case had:
			require.Equal(t, old.Data, got.Data, "%s: a mixture", p)
		default:
			require.False(t, there, "%s: partial data", p)
		}
	}
}

func has[V any](m map[string]V, k string) bool { _, ok := m[k]; return ok }

// data is n bytes of which no two blocks are the same.
func data(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/testBlock*31 + i/251)
	}
	return string(b)
}

func sized(n int) memfs.Node { return memfs.Node{Mode: 0o640, Data: data(n)} }

// sizes are those around every boundary.
func sizes() map[string]memfs.Node {
	tree := map[string]memfs.Node{}
	for _, n := range []int{0, 1, testBlock - 1, testBlock, testBlock + 1, 2 * testBlock,
		testChunk - 1, testChunk, testChunk + 1, 2*testChunk - 1, 5*testChunk + 17} {
		tree["/f"+string(rune('a'+len(tree)))] = sized(n)
	}
	return tree
}

// both runs a test in both directions.
func both(t *testing.T, test func(t *testing.T, upload bool)) {
	t.Run("up", func(t *testing.T) { test(t, true) })
	t.Run("down", func(t *testing.T) { test(t, false) })
}

func merged(trees ...map[string]memfs.Node) map[string]memfs.Node {
	all := map[string]memfs.Node{}
	for _, t := range trees {
		maps.Copy(all, t)
	}
	return all
}

// isPart tells whether p is the partial file of name.
func isPart(p, name string) bool {
	b := path.Base(p)
	return strings.HasPrefix(b, "."+name+".") && strings.HasSuffix(b, ".mscp-part")
}
