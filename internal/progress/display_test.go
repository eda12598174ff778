package progress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/transfer"
)

const mib = 1 << 20

// errDenied is what fsys reports: it names the path itself.
var errDenied = errors.New(`local: open "a/b": permission denied`)

// copySome moves the counters as a copy of 100 files of 1 MiB in 10 s would, half of it with the walk still running.
func copySome(c *transfer.Counters) {
	c.Conns.Store(4)
	c.Lanes.Store(4)
	time.Sleep(50 * time.Millisecond) // never at the moment of a tick
	for i := range 100 {
		if i < 50 {
			c.FilesKnown.Add(2)
			c.BytesKnown.Add(2 * mib)
		}
		c.Walked.Store(i >= 49)
		c.Files.Add(1)
		c.Bytes.Add(mib)
		time.Sleep(100 * time.Millisecond)
	}
}

var done = transfer.Summary{Files: 100, Dirs: 1, Bytes: 100 * mib, Elapsed: 10 * time.Second, Conns: 4}

func TestBarScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{columns: 80}
		d := New(Options{Out: tty, Width: func() int { return 80 }})
		var c transfer.Counters
		d.Start(&c)
		var wg sync.WaitGroup
		wg.Go(func() { copySome(&c) })

		time.Sleep(350 * time.Millisecond)
		synctest.Wait()
		require.Empty(t, tty.screen(), "nothing for the first moment")

		time.Sleep(700 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, " --% 10.0/20.0MiB+ 10/20+ files 83.9Mbit/s 10.0MiB/s ETA --:-- 4 conn", tty.screen())

		d.Failed("a/b", errDenied)
		d.Skipped("q\x1b[2J", "FIFO")
		d.Notice("slow \u009bserver")
		time.Sleep(7 * time.Second)
		synctest.Wait()
		require.Equal(t, `mscp: failed: local: open "a/b": permission denied
mscp: skipped: "q\x1b[2J": FIFO
mscp: notice: slow \u009bserver
 80% [=======>   ] 80/100MiB  80/100 files 83.9Mbit/s 10.0MiB/s ETA 0:02 4 conn`, tty.screen())

		wg.Wait()
		sum := done
		sum.Failed, sum.Skipped = 1, 1
		require.NoError(t, d.Stop(sum, nil))
		require.Equal(t, `mscp: failed: local: open "a/b": permission denied
mscp: skipped: "q\x1b[2J": FIFO
mscp: notice: slow \u009bserver
100% [================] 100/100MiB 100/100 files 83.9Mbit/s 10.0MiB/s in 10.00s
mscp: copied 100 files, 1 directory, 100 MiB in 10.00 s, 83.9 Mbit/s (10.0 MiB/s
), 4 connections, 1 skipped, 1 failed`, tty.screen())
	})
}

func TestBarFollowsTheWidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{columns: 120}
		var width atomic.Int64
		width.Store(120)
		d := New(Options{Out: tty, Width: func() int { return int(width.Load()) }})
		var c transfer.Counters
		c.Walked.Store(true)
		c.BytesKnown.Store(100)
		d.Start(&c)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, "  0% [                                        ] 0/100B 0/0 files     0bit/s      0B/s ETA --:-- 0 conn", tty.screen())
		width.Store(40)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, "  0% [    ] 0/100B     0bit/s ETA --:--", tty.screen())
		width.Store(0)
		require.Equal(t, 80, d.width())
		require.NoError(t, d.Stop(transfer.Summary{}, nil))
	})
}

func TestShortCopyShowsOnlyItsSummary(t *testing.T) {
	for mode, want := range map[Mode]string{
		Bar:   "mscp: copied 1 file, 1 B in 0.20 s, 40 bit/s (5 B/s), 1 connection\n",
		Plain: "mscp: copied 1 file, 1 B in 0.20 s, 40 bit/s (5 B/s), 1 connection\n",
		Quiet: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out buffer
			d := New(Options{Mode: mode, Out: &out})
			d.Start(new(transfer.Counters))
			time.Sleep(200 * time.Millisecond)
			require.NoError(t, d.Stop(transfer.Summary{Files: 1, Bytes: 1, Elapsed: 200 * time.Millisecond, Conns: 1}, nil))
			require.Equal(t, want, out.String())
		})
	}
}

func TestPlainLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		d := New(Options{Mode: Plain, Out: &out, Interval: 4 * time.Second, Verbose: true})
		var c transfer.Counters
		d.Start(&c)
		d.Copied("x", 5)
		copySome(&c)
		require.NoError(t, d.Stop(done, context.Canceled))
		require.Equal(t, []string{
			`mscp: copied: "x", 5 B`,
			"mscp: progress: 0:04 elapsed, --%, 40.0/80.0+ MiB, 40/80+ files, 83.9 Mbit/s (10.0 MiB/s), ETA --:--, 4 connections",
			"mscp: progress: 0:08 elapsed, 80%, 80/100 MiB, 80/100 files, 83.9 Mbit/s (10.0 MiB/s), ETA 0:02, 4 connections",
			"mscp: interrupted: copied 100 files, 1 directory, 100 MiB in 10.00 s, 83.9 Mbit/s (10.0 MiB/s), 4 connections",
		}, out.lines())
	})
}

func TestPlainEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		d := New(Options{Mode: Plain, Out: &out})
		d.Start(new(transfer.Counters))
		time.Sleep(35 * time.Second)
		require.NoError(t, d.Stop(transfer.Summary{}, errors.New("no connection")))
		require.Equal(t, 3, strings.Count(out.String(), "mscp: progress: "))
		require.Contains(t, out.String(), "\nmscp: stopped: copied 0 files, 0 B in 0.00 s, 0 connections\n")
		require.NotContains(t, out.String(), "\r")
		require.NotContains(t, out.String(), "\x1b")
	})
}

func TestQuietTellsEveryFailure(t *testing.T) {
	var out buffer
	d := New(Options{Mode: Quiet, Out: &out, Verbose: true})
	d.Failed("before", errDenied)
	d.Start(new(transfer.Counters))
	d.Copied("c", 1)
	d.Skipped("s", "FIFO")
	d.Notice("n")
	d.Failed("during", errors.New("bad\nthing"))
	require.NoError(t, d.Stop(done, errDenied))
	d.Failed("after", errDenied)
	require.Equal(t, []string{
		`mscp: failed: "before": local: open "a/b": permission denied`,
		`mscp: failed: "during": bad\x0athing`,
		`mscp: failed: "after": local: open "a/b": permission denied`,
	}, out.lines())
}

// Of failures that are alike the first ones are named, the others are counted, whoever reports them; events and -v name each.
func TestFailuresAlike(t *testing.T) {
	explain := func(err error) (class, hint string) {
		if errors.Is(err, fsys.ErrNoSpace) {
			return ClassSpace, "make room"
		}
		return "other", "look"
	}
	for _, c := range []struct {
		reason          error
		failures, lines int
		verbose         bool
	}{
		{io.ErrUnexpectedEOF, 20, 20, false}, {io.ErrUnexpectedEOF, 300, 20, false}, {io.ErrUnexpectedEOF, 300, 300, true},
		{fsys.ErrNoSpace, 64, 1, false}, {fsys.ErrNoSpace, 1, 1, false},
	} {
		for _, mode := range []Mode{Bar, Plain, JSON, Quiet} {
			var out, events buffer
			d := New(Options{Mode: mode, Out: &out, JSONOut: &events, Explain: explain, Verbose: c.verbose})
			var wg sync.WaitGroup
			for i := range c.failures {
				name := fmt.Sprint("file", i)
				wg.Go(func() { d.Failed(name, &fsys.Error{Side: "node", Op: "write", Path: name, Err: c.reason}) })
			}
			wg.Wait()
			require.NoError(t, d.Stop(transfer.Summary{Failed: int64(c.failures)}, nil))
			require.Equal(t, c.lines, strings.Count(out.String(), `mscp: failed: node: write "file`))
			require.Equal(t, 1, strings.Count(out.String(), "mscp: hint: "))
			more := fmt.Sprintf("mscp: failed: %d more: node: write: %v (-v names each)\n", c.failures-c.lines, c.reason)
			require.Equal(t, c.failures > c.lines, strings.Contains(out.String(), more), out.String())
			if mode == JSON {
				require.Equal(t, c.failures, strings.Count(events.String(), `"event":"file_failed"`))
			}
		}
	}
}

// However many reasons a server invents, they take no memory.
func TestKindsOfFailuresAreBounded(t *testing.T) {
	d := New(Options{Mode: Quiet, Out: io.Discard})
	for i := range 10 * kindsKnown {
		d.Failed("f", fmt.Errorf("reason %d", i))
	}
	require.LessOrEqual(t, len(d.failures.kinds), kindsKnown+1)
}

func TestPauseLendsTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{columns: 80}
		d := New(Options{Out: tty})
		d.Start(new(transfer.Counters))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Contains(t, tty.screen(), "ETA")

		first, second := d.Pause(), d.Pause()
		_, _ = tty.Write([]byte("password: "))
		d.Failed("a/b", errDenied)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "password: ", tty.screen())
		first()
		first()
		require.Equal(t, "password: ", tty.screen(), "the other question is still open")
		_, _ = tty.Write([]byte("\n"))
		second()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Regexp(t, "^password: \nmscp: failed: .*\n --% .*$", tty.screen())

		d.Pause() // and never an answer
		d.Failed("c", errDenied)
		require.NoError(t, d.Stop(done, context.Canceled))
		require.Regexp(t, "\nmscp: failed: \"c\": .*\nmscp: interrupted: ", tty.screen())
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestReaderHasGone(t *testing.T) {
	for _, mode := range []Mode{Bar, Plain, JSON, Quiet} {
		synctest.Test(t, func(t *testing.T) {
			d := New(Options{Mode: mode, Out: brokenPipe{}, JSONOut: brokenPipe{}})
			d.Start(new(transfer.Counters))
			d.Failed("a/b", errDenied)
			time.Sleep(time.Minute)
			err := d.Stop(done, nil)
			if mode == JSON {
				require.ErrorIs(t, err, io.ErrClosedPipe)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestEventsFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tty := &terminal{columns: 80}
		var json buffer
		for _, mode := range []Mode{Bar, JSON} {
			d := New(Options{Mode: mode, Out: tty, JSONOut: &json, Verbose: true})
			var c transfer.Counters
			d.Start(&c)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 20 {
						c.Bytes.Add(1)
						d.Copied("c", 1)
						d.Failed("f", io.EOF)
						d.Skipped("s", "FIFO")
						d.Notice("n")
						time.Sleep(50 * time.Millisecond)
					}
				})
			}
			wg.Wait()
			require.NoError(t, d.Stop(transfer.Summary{}, nil))
		}
		lines := strings.Split(tty.screen(), "\n")
		require.Len(t, lines, 4*160+1+1+160, "bar mode's events, bar, summary; JSON's failures")
		require.Equal(t, 4*160, strings.Count(json.String(), `"event":"file_`)+strings.Count(json.String(), `"event":"notice"`))
	})
}

func TestCopiedCostsNothingUnlessAskedFor(t *testing.T) {
	d := New(Options{Mode: Bar, Out: io.Discard})
	require.Zero(t, testing.AllocsPerRun(100, func() { d.Copied("name", 1) }))
}

// A job in the background draws no bar, and takes none away: the shell's prompt may stand there by then.
func TestBarInTheForegroundOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &buffer{}
		var foreground atomic.Bool
		foreground.Store(true)
		d := New(Options{Out: out, Visible: foreground.Load})
		var c transfer.Counters
		d.Start(&c)
		time.Sleep(time.Second + 10*time.Millisecond)
		require.Contains(t, out.String(), "ETA")

		foreground.Store(false)
		before := out.String()
		time.Sleep(time.Second)
		d.Notice("slow")
		resume := d.Pause()
		resume()
		require.Equal(t, before+"mscp: notice: slow\n", out.String())

		foreground.Store(true)
		time.Sleep(time.Second)
		require.Greater(t, strings.Count(out.String(), "ETA"), strings.Count(before, "ETA"))

		foreground.Store(false)
		before = out.String()
		require.NoError(t, d.Stop(done, nil))
		require.Regexp(t, "^mscp: copied 100 files[^\r\x1b]*\n$", strings.TrimPrefix(out.String(), before))
	})
}

func TestStatusWhenAsked(t *testing.T) {
	for _, mode := range []Mode{Bar, Plain, JSON, Quiet} {
		synctest.Test(t, func(t *testing.T) {
			out, events := &buffer{}, &buffer{}
			d := New(Options{Mode: mode, Out: out, JSONOut: events, Interval: time.Hour})
			d.Status()
			require.Equal(t, "mscp: progress: nothing is copied yet\n", out.String())
			var c transfer.Counters
			d.Start(&c)
			c.FilesKnown.Add(3)
			d.Status()
			require.Contains(t, out.String(), "mscp: progress: 0:00 elapsed")
			require.Contains(t, out.String(), "0/3+ files")
			require.Equal(t, mode == JSON, strings.Contains(events.String(), `"event":"progress"`))
			require.NoError(t, d.Stop(done, nil))
		})
	}
}

// A name looks the same in every line, whoever wrote the message.
func TestNamesLookTheSame(t *testing.T) {
	const name = "\u5831\u544a\u3000\u66f8 \u00a0\u202e.txt"
	var out buffer
	d := New(Options{Mode: Plain, Out: &out, Verbose: true})
	d.Copied(name, 1)
	d.Failed(name, &fsys.Error{Side: "node", Op: "open", Path: name, Err: io.EOF})
	d.Failed(name, &transfer.VerifyError{Path: name})
	d.Failed(name, &plan.CollisionError{A: name, B: name, Dst: name})
	for _, line := range out.lines() {
		require.Contains(t, line, "\"\u5831\u544a\u3000\u66f8 \u00a0\\u202e.txt\"")
	}
	require.Equal(t, 6, strings.Count(out.String(), "\u3000"))
}
