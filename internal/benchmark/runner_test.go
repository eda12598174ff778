package benchmark

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

func withTools(names ...string) Spec {
	s := small()
	s.Connections, s.Peers = []int{4}, named(names...)
	return s
}

func TestOrder(t *testing.T) {
	f := newFake(t, withTools("b", "c"))
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Equal(t, strings.Fields("warm-up trial begin_12"+
		" warm-up single warm-up mscp_4 warm-up b warm-up c"+
		" single mscp_4 b c save"+
		" single mscp_4 b c save"), underlined(f.log))
	require.Empty(t, f.left())
	require.False(t, file.Interrupted)
	for _, c := range file.Cases {
		require.Len(t, c.Samples, 2, "the warm-up is not kept")
		for _, s := range c.Samples {
			require.Empty(t, s.Error)
			require.Equal(t, [2]int64{1, 2 << 20}, [2]int64{s.Files, s.Bytes})
			require.Equal(t, 0.25, s.Seconds)
		}
		require.Equal(t, 1, c.Samples[0].Connections)
	}
	require.Equal(t, "c-used", file.Cases[1].Samples[0].Cipher)
	require.Empty(t, file.Cases[2].Samples[0].Cipher, "a peer says nothing")
}

// underlined has no blanks in a word.
func underlined(words []string) (all []string) {
	for _, w := range words {
		all = append(all, strings.ReplaceAll(w, " ", "_"))
	}
	return all
}

func TestOrderOfQuestions(t *testing.T) {
	s := withTools("b")
	s.Runs, s.Warmup, s.Limits = 1, 0, true
	s.Directions = []result.Direction{result.Up, result.Down}
	s.Works = []result.Work{{Files: 3, Size: 10}, {Files: 1, Size: 2 << 20}}
	f := newFake(t, s)
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Equal(t, strings.Fields("warm-up trial begin_12"+
		" mscp_4 b save"+
		" bring mscp_4 b save"+
		" single mscp_4 mscp_4 b save"+ // the second is the path alone
		" bring single mscp_4 mscp_4 b save"), underlined(f.log))
	require.Empty(t, f.left())
	var tools []string
	for _, c := range file.Cases {
		tools = append(tools, fmt.Sprintf("%s %d %s", c.Direction, c.Work.Files, c.Tool))
		require.Len(t, c.Samples, 1)
		require.Empty(t, c.Samples[0].Error)
	}
	require.Equal(t, []string{"up 3 mscp", "up 3 b", "down 3 mscp", "down 3 b", "up 1 single", "up 1 mscp", "up 1 ssh", "up 1 b",
		"down 1 single", "down 1 mscp", "down 1 ssh", "down 1 b"}, tools)
}

// The path alone is measured from zeros to nowhere, whatever the question is.
func TestPathAlone(t *testing.T) {
	s := withTools()
	s.Runs, s.Warmup, s.Limits = 1, 0, true
	for d, want := range map[result.Direction]string{result.Up: "HERE/zeros bench:/dev/null", result.Down: "bench:dir/zeros /dev/null"} {
		s.Directions = []result.Direction{d}
		f := newFake(t, s)
		require.NoError(t, f.Run(t.Context(), newFile()))
		args := f.commands[len(f.commands)-1].Args
		require.Equal(t, want, strings.ReplaceAll(strings.Join(args[len(args)-2:], " "), f.here.path, "HERE"))
		require.Empty(t, f.left())
	}
}

func TestNull(t *testing.T) {
	s := withTools("b")
	s.Runs, s.Warmup, s.Sink, s.Directions = 1, 0, result.Null, []result.Direction{result.Up, result.Down}
	f := newFake(t, s)
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Len(t, file.Cases, 4)
	for _, c := range file.Cases {
		require.Empty(t, c.Samples[0].Error)
		require.Equal(t, int64(2<<20), c.Samples[0].Bytes, "by mscp's own word")
	}
	require.Equal(t, []result.Skipped{{Tool: "b", Reason: "it writes into files only"}}, file.Skipped, "said once")
	require.Empty(t, f.left())
}

func TestWhatCommandsAreGiven(t *testing.T) {
	s := withTools("b")
	s.Timeout = 17 * time.Second
	f := newFake(t, s)
	require.NoError(t, f.Run(t.Context(), newFile()))
	for _, c := range f.commands {
		require.Equal(t, 17*time.Second, c.Timeout)
		require.Equal(t, 2222, c.Port)
		require.Contains(t, c.Env, "XDG_STATE_HOME="+f.here.path+"/state")
	}
}

func TestVersionsAreAskedOnce(t *testing.T) {
	s := withTools("b", "c")
	s.Works = []result.Work{{Files: 1}, {Files: 2, Size: 1}} // one size is to be found
	s.Runs, s.Warmup, s.Directions, s.Time = 1, 0, []result.Direction{result.Up, result.Down}, 0
	f := newFake(t, s)
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.ElementsMatch(t, []string{"mscp --version", "mscp --version", "b --version", "c --version"}, f.versions, "mscp: for itself and as the single stream")
	for _, c := range file.Cases {
		want := map[string]string{result.Mscp: "mscp 1.0", result.Single: "mscp 1.0", "b": "b 1.0", "c": "c 1.0"}[c.Tool]
		require.Equal(t, want, c.Version)
	}
}

func TestFailures(t *testing.T) {
	exit := &measure.ExitError{Code: 3, Stderr: []byte("no such host")}
	late := fmt.Errorf("%w after 1s", measure.ErrTimeout)
	short := &ShortError{Files: 1, Bytes: 5}
	s := withTools("b", "c")
	s.Runs = 5
	for name, c := range map[string]struct {
		b      map[int]error // by run; 1 is the warm-up
		runs   int
		errors []string // of b's samples
	}{
		"always":          {map[int]error{1: exit, 2: exit, 3: exit}, 2, []string{exit.Error(), exit.Error()}},
		"the warm-up":     {map[int]error{1: exit}, 6, []string{exit.Error(), "", "", "", "", ""}},
		"now and then":    {map[int]error{2: exit, 4: exit, 6: exit}, 6, []string{exit.Error(), "", exit.Error(), "", exit.Error()}},
		"twice, at last":  {map[int]error{4: exit, 5: exit}, 5, []string{"", "", exit.Error(), exit.Error()}},
		"late":            {map[int]error{3: late}, 3, []string{"", late.Error()}}, // it would take as long again
		"too little":      {map[int]error{3: short}, 6, []string{"", "it ended with success, but 1 files with 5 bytes arrived of 1 with 2097152", "", "", ""}},
		"too many":        {map[int]error{3: &ShortError{Files: 2, Bytes: 2 << 20}}, 6, []string{"", "it ended with success, but 2 files with 2097152 bytes arrived of 1 with 2097152", "", "", ""}},
		"too little ever": {map[int]error{1: short, 2: short}, 2, []string{short2().Error(), short2().Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, s)
			f.behave = func(run string, n int) error {
				if run == "b" {
					return c.b[n]
				}
				return nil
			}
			file := newFile()
			require.NoError(t, f.Run(t.Context(), file))
			require.Equal(t, c.runs, f.count["b"])
			require.Equal(t, 6, f.count["c"], "the others go on")
			require.Equal(t, 6, f.count["mscp 4"])
			require.Empty(t, f.left())
			var got []string
			for _, s := range file.Cases[2].Samples {
				got = append(got, s.Error)
				require.Equal(t, s.Error == "", s.BitsPerSecond() > 0)
			}
			require.Equal(t, c.errors, got)
			require.Len(t, file.Cases[3].Samples, 5)
			require.NoError(t, file.Check())
		})
	}
}

func short2() *ShortError { return &ShortError{1, 5, 1, 2 << 20} }

// A tool that copied nothing at all copied too little.
func TestNothingArrives(t *testing.T) {
	f := newFake(t, withTools("b"))
	f.Measure = func(ctx context.Context, c measure.Command) (measure.Usage, error) {
		if nameOf(c.Args) == "b" {
			return measure.Usage{Seconds: 1}, nil
		}
		return f.run(ctx, c)
	}
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Equal(t, "it ended with success, but 0 files with 0 bytes arrived of 1 with 2097152", file.Cases[2].Samples[0].Error)
}

// mscp, too, may end well and copy nothing, or not say what it did.
func TestOursFails(t *testing.T) {
	f := newFake(t, withTools())
	inner := f.Measure
	f.Measure = func(ctx context.Context, c measure.Command) (measure.Usage, error) {
		u, err := inner(ctx, c)
		if f.count["mscp 4"] > 0 {
			u.Stdout = nil
		}
		return u, err
	}
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Len(t, file.Cases[1].Samples, 2)
	require.Equal(t, errNoSummary.Error(), file.Cases[1].Samples[0].Error)
}

func TestInterrupted(t *testing.T) {
	why := errors.New("ctrl-c")
	s := withTools("b", "c")
	s.Directions = []result.Direction{result.Up, result.Down}
	for name, c := range map[string]struct {
		at    string // the run in which it happens
		nth   int
		cases int   // that are in the result
		good  []int // samples of each
	}{
		"in the trial":               {"trial", 1, 0, nil},
		"in a warm-up":               {"b", 1, 4, []int{0, 0, 0, 0}},
		"in the first round":         {"b", 2, 4, []int{1, 1, 0, 0}},
		"in the second":              {"single", 3, 4, []int{1, 1, 1, 1}},
		"bringing the data there":    {"bring", 1, 4, []int{2, 2, 2, 2}},
		"in the second question":     {"c", 5, 8, []int{2, 2, 2, 2, 1, 1, 1, 0}},
		"in the last run of them":    {"c", 6, 8, []int{2, 2, 2, 2, 2, 2, 2, 1}},
		"in a run that failed by it": {"mscp 4", 3, 4, []int{2, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := newFake(t, s)
			f.behave = func(run string, n int) error {
				if run == c.at && n == c.nth {
					cancel(why)
				}
				return nil
			}
			file := newFile()
			require.ErrorIs(t, f.Run(ctx, file), why)
			require.True(t, file.Interrupted)
			require.Len(t, file.Cases, c.cases)
			for i, want := range c.good {
				require.Len(t, file.Cases[i].Samples, want, "case %d", i)
			}
			require.Empty(t, f.left())
			require.NoError(t, file.Check())
		})
	}
}

// What cannot be kept ends the measuring.
func TestSaveFails(t *testing.T) {
	full := errors.New("disk full")
	f := newFake(t, withTools("b"))
	f.Save = func(*result.File) error { return full }
	file := newFile()
	require.ErrorIs(t, f.Run(t.Context(), file), full)
	require.True(t, file.Interrupted, "there would have been more runs")
	require.Equal(t, 2, f.count["b"])
	require.Empty(t, f.left())
	f = newFake(t, withTools("b"))
	f.Save = nil
	require.NoError(t, f.Run(t.Context(), newFile()))
}

func TestNoRoom(t *testing.T) {
	f := newFake(t, withTools())
	f.far.free = 1
	require.ErrorAs(t, f.Run(t.Context(), newFile()), new(*SpaceError))
	require.Empty(t, f.commands)
	require.Empty(t, f.left())

	f = newFake(t, withTools())
	f.Spec.Works = append(f.Spec.Works, result.Work{Files: 1, Size: mostData})
	file := newFile()
	require.ErrorAs(t, f.Run(t.Context(), file), new(*SpaceError))
	require.Len(t, file.Cases, 2, "what fitted is measured")
	require.Empty(t, f.left())
}

func TestSpecIsValidated(t *testing.T) {
	f := newFake(t, Spec{})
	require.ErrorAs(t, f.Run(t.Context(), newFile()), new(*SpecError))
	require.Empty(t, f.log)
}
