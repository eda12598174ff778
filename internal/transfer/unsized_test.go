package transfer

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/fsys/memfs"
)

// states has the source tell another size of a file than it has.
func states(f *memfs.FS, name string, size int64) {
	f.Shown = func(p string, i fsys.Info) fsys.Info {
		if strings.HasSuffix(p, name) {
			i.Size = size
		}
		return i
	}
}

// misstated are sizes that a file may have, whatever it states: around a block, and of several.
func misstated() []int {
	return []int{0, 1, testBlock - 1, testBlock, testBlock + 1, 10*testBlock + 5, testChunk, 3*testChunk + 7}
}

func unsized(t *testing.T, test func(t *testing.T, j *job, held int)) {
	both(t, func(t *testing.T, upload bool) {
		for _, held := range misstated() {
			for _, plain := range []bool{false, true} {
				for _, verify := range []*Verify{nil, {}} {
					j := newJob(upload, 2, merged(sizes(), map[string]memfs.Node{"/odd": sized(held)}))
					for _, l := range j.lanes {
						l.plain = plain
					}
					j.opt.Verify = verify
					test(t, j, held)
				}
			}
		}
	})
}

// A file that states the size 0 (/proc, FUSE with direct_io) is read to its end, and counted as what it holds.
func TestSizeZeroIsReadToItsEnd(t *testing.T) {
	unsized(t, func(t *testing.T, j *job, held int) {
		states(j.source(), "/odd", 0)
		j.dest().Put("/dst/odd", memfs.File(strings.Repeat("before", 3*testChunk)))
		requireHeld(t, j, held)
		require.Empty(t, j.seen.notices)
	})
}

// A file that ends before the size that it states (sysfs) is copied as far as it goes, with one notice.
func TestEndBeforeTheStatedSize(t *testing.T) {
	for _, more := range []int{1, testBlock, 5 * testChunk} {
		unsized(t, func(t *testing.T, j *job, held int) {
			states(j.source(), "/odd", int64(held+more))
			requireHeld(t, j, held)
			require.Len(t, j.seen.notices, 1)
		})
	}
}

// A file that goes on behind the size that it states is read to its end too. A server's long file would cost a round trip more to find
// out, and is copied as far as it states.
func TestContentBehindTheStatedSize(t *testing.T) {
	for _, less := range []int{1, 5, testBlock + 3, 3 * testChunk} {
		unsized(t, func(t *testing.T, j *job, held int) {
			if stated := held - less; stated > 0 && (j.opt.Upload || stated < testBlock) {
				states(j.source(), "/odd", int64(stated))
				requireHeld(t, j, held)
				require.Len(t, j.seen.notices, 1)
			}
		})
	}
}

func requireHeld(t *testing.T, j *job, held int) {
	t.Helper()
	sum, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Empty(t, j.seen.failed)
	j.requireSame(t)
	j.requireNoParts(t)
	require.EqualValues(t, held, j.seen.copied["/src/odd"])
	all := int64(held)
	for _, n := range sizes() {
		all += int64(len(n.Data))
	}
	require.Equal(t, all, sum.Bytes)
	require.Equal(t, all, j.opt.Counters.BytesKnown.Load())
	if j.opt.Verify != nil {
		require.Equal(t, all, sum.Verified)
	}
}

// A file that is empty costs one OPEN and one READ on its way down, which go together with FSTAT and CLOSE.
func TestEmptyFileCostsNoMore(t *testing.T) {
	j := newJob(false, 1, map[string]memfs.Node{"/empty": sized(0)})
	calls := map[string]int{}
	j.remote.Hook = func(c memfs.Call) error {
		if strings.HasSuffix(c.Path, "/empty") {
			calls[c.Op]++
		}
		return nil
	}
	_, err := j.run(t, t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"open": 1, "read": 1, "fstat": 1, "close": 1}, calls)
}

// What each reading finds anew (/proc) is one reading's; --verify compares the copy with what was read.
func TestContentOfEachReading(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, held := range []int{20, 5 * testBlock} {
			j := newJob(upload, 1, map[string]memfs.Node{"/odd": sized(held)})
			j.opt.Verify = &Verify{}
			src := j.source()
			states(src, "/odd", 0)
			var opened atomic.Int64
			src.Hook = func(c memfs.Call) error {
				if c.Op == "open" && c.Path == "/src/odd" {
					src.Put("/src/odd", memfs.File(strings.Repeat(fmt.Sprint(opened.Add(1)), held)))
				}
				return nil
			}
			_, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Empty(t, j.seen.failed)
			got := j.dest().Tree()["/dst/odd"].Data
			require.Len(t, got, held)
			require.Equal(t, strings.Repeat(got[:1], held), got, "no mixture of two")
		}
	})
}

// A stream that the destination spoils is found different, and sent anew once.
func TestVerifyStream(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for times, failed := range map[int]int64{1: 0, 2: 1} {
			j := newJob(upload, 2, map[string]memfs.Node{"/bad": sized(5 * testBlock)})
			j.opt.Verify = &Verify{}
			states(j.source(), "/src/bad", 0)
			j.corrupt(2*testBlock, times)
			sum, err := j.run(t, t.Context())
			require.NoError(t, err)
			require.Equal(t, failed, sum.Failed)
			require.Equal(t, failed, sum.Differing)
			j.requireNoParts(t)
			if failed == 0 {
				j.requireSame(t)
			}
		}
	})
}

// A lane that is lost while it carries a stream is replaced, and the stream begins again.
func TestStreamOfALostLane(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, how := range []fate{lostBefore, lostAfter} {
			for nth := int64(1); nth <= 12; nth++ {
				j := newJob(upload, 3, merged(sizes(), map[string]memfs.Node{"/odd": sized(5*testBlock + 3)}))
				states(j.source(), "/src/odd", 0)
				var calls atomic.Int64
				for _, l := range j.lanes {
					l.fate = func(c memfs.Call) fate {
						if strings.Contains(c.Path, "odd") && calls.Add(1) == nth {
							return how
						}
						return well
					}
				}
				sum, err := j.run(t, t.Context())
				require.NoError(t, err)
				require.Zero(t, sum.Failed)
				j.requireSame(t)
				j.requireNoParts(t)
				require.EqualValues(t, 5*testBlock+3, j.seen.copied["/src/odd"])
				require.Equal(t, sum.Bytes, j.opt.Counters.BytesKnown.Load())
			}
		}
	})
}

// A size that the source does not state is known to the journal: what is in place stays, what is cut since is copied anew, and a
// stream that an ended run has begun is never taken for whole.
func TestUnsizedOverSeveralRuns(t *testing.T) {
	both(t, func(t *testing.T, upload bool) {
		for _, stated := range []int64{0, 9 * testChunk} {
			for call := int64(1); call < 60; call++ {
				s := newStory(t.TempDir(), upload, map[string]memfs.Node{"/odd": sized(3*testBlock + 1), "/small": sized(3)})
				states(s.source(), "/src/odd", stated)
				how := []fate{cancelled, loses, dies}[call%3]
				_, _ = s.run(t, 1, after(1), end{how, call})
				_, err := s.run(t, 1, after(1), end{})
				require.NoError(t, err)
				require.Empty(t, s.job.seen.failed)
				s.job.requireSame(t)
				require.Empty(t, s.parts())
			}
			s := newStory(t.TempDir(), upload, map[string]memfs.Node{"/odd": sized(3*testBlock + 1), "/small": sized(3)})
			states(s.source(), "/src/odd", stated)
			for _, want := range []int64{3*testBlock + 4, 0} {
				sum, err := s.run(t, 1, after(1), end{})
				require.NoError(t, err)
				require.Equal(t, want, sum.Bytes)
				require.Equal(t, 3*testBlock+4-want, sum.Kept)
				require.Equal(t, sum.Bytes, s.job.opt.Counters.BytesKnown.Load())
			}
			for _, cut := range []int64{0, 5, stated} {
				s.dest().Put("/dst/odd", sized(int(cut)))
				sum, err := s.run(t, 1, after(1), end{})
				require.NoError(t, err)
				require.EqualValues(t, 3*testBlock+1, sum.Bytes)
				s.job.requireSame(t)
			}
		}
	})
}
