package benchmark

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

func TestTrialFails(t *testing.T) {
	f := newFake(t, withTools("b"))
	broken := &measure.ExitError{Code: 3}
	f.behave = func(string, int) error { return broken }
	err := f.Run(t.Context(), newFile())
	var trial *TrialError
	require.ErrorAs(t, err, &trial)
	require.Equal(t, Host, trial.Server)
	exit, ok := errors.AsType[*measure.ExitError](err)
	require.True(t, ok)
	require.Equal(t, 3, exit.Code)
	require.Len(t, f.commands, 1, "nothing else is tried")
	require.Empty(t, f.left())

	f = newFake(t, withTools("b"))
	f.behave = func(string, int) error { return &ShortError{} }
	require.ErrorAs(t, f.Run(t.Context(), newFile()), new(*ShortError))
}

// sshd refuses accounts that are locked, and those without a shell.
func TestTrialOfAServerThatMayFail(t *testing.T) {
	s := withTools("b")
	s.Runs, s.Warmup = 1, 0
	f := newFake(t, s)
	second := paper()
	second.Dirs, second.Optional = f.Targets[0].Dirs, true
	f.Targets = append(f.Targets, second)
	f.behave = func(run string, n int) error {
		if run == "trial" && n == 2 {
			return &measure.ExitError{Code: 3, Stderr: []byte("permission denied")}
		}
		return nil
	}
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Equal(t, []result.Skipped{{Tool: SSHD, Reason: "mscp could not copy to it"}}, file.Skipped)
	require.Len(t, file.Cases, 3)
	for _, c := range file.Cases {
		require.Equal(t, Host, c.Server)
		require.Len(t, c.Good(), 1)
	}
	require.Equal(t, []string{"a first copy to the sshd server: exit status 3: permission denied"}, f.notes)
	require.Empty(t, f.left())
}

// The cipher that the trial saw is what peers get as the same.
func TestTrialFindsTheCipher(t *testing.T) {
	s := withTools()
	s.SameCipher, s.Peers = "", Peers()[:1]
	f := newFake(t, s)
	file := newFile()
	require.NoError(t, f.Run(t.Context(), file))
	require.Equal(t, "c-used", file.Cases[2].Cipher)
	require.Contains(t, f.commands[len(f.commands)-1].Args, "c-used")
}

func TestTrialFindsTheSize(t *testing.T) {
	for name, c := range map[string]struct {
		rate, free int64 // bytes per second
		time       time.Duration
		want       int64
	}{
		"a fast path":                 {4 << 30, 1 << 45, time.Minute, 16 << 30},       // 4 GiB/s * 60 s / 6 runs = 40 GiB
		"a usual one":                 {100 << 20, 1 << 45, time.Minute, 512 << 20},    // 1000 MiB, as a power of two
		"a slow one":                  {1 << 10, 1 << 45, time.Minute, 4 * leastBytes}, //
		"no time":                     {100 << 20, 1 << 45, 0, 128 << 20},              // a run of a second
		"a second, exactly a power":   {128 << 20, 1 << 45, 0, 128 << 20},              //
		"not more than memory allows": {4 << 30, 400 << 20, time.Minute, 64 << 20},     // a quarter
		"nobody knows":                {100 << 20, -1, time.Minute, 512 << 20},         //
		"exactly a power":             {128 << 20, 1 << 45, time.Minute, 1024 << 20},   // 1280 MiB
	} {
		s := withTools("b") // three cases with two runs each
		s.Works, s.Time, s.Warmup = []result.Work{{Files: 1}}, c.time, 0
		f := newFake(t, s)
		f.here.free, f.far.free = c.free, c.free
		require.NoError(t, f.chooseSize(float64(c.rate), float64(c.rate)))
		require.Equal(t, c.want, f.Spec.Works[0].Size, name)
	}
}

// A trial that is over in a moment says little of the rate: it is done again with more.
func TestTrialTakesLongEnough(t *testing.T) {
	s := withTools()
	s.Works = []result.Work{{Files: 1}}
	s.Runs, s.Warmup, s.Time = 1, 0, 0
	f := newFake(t, s)
	f.here.free, f.far.free = 1<<45, 1<<45
	inner, trials := f.Measure, 0
	f.Measure = func(ctx context.Context, c measure.Command) (measure.Usage, error) {
		u, err := inner(ctx, c)
		if trials++; trials <= 2 {
			u.Seconds = []float64{0.2, 1.1}[trials-1]
		}
		return u, err
	}
	require.NoError(t, f.Run(t.Context(), newFile()))
	require.Equal(t, int64(512<<20), f.Spec.Works[0].Size) // the second trial copied 512 MiB in 1.1 s
}

// Only what has no size gets one; a tree of empty files keeps it.
func TestTrialLeavesSizesAlone(t *testing.T) {
	s := withTools()
	s.Works = []result.Work{{Files: 1, Size: 7}, {Files: 5, Size: 0}}
	f := newFake(t, s)
	require.NoError(t, f.Run(t.Context(), newFile()))
	require.Equal(t, []result.Work{{Files: 1, Size: 7}, {Files: 5, Size: 0}}, f.Spec.Works)

	s.Works = []result.Work{{Files: 1}, {Files: 1, Size: 7}, {Files: 5, Size: 0}}
	f = newFake(t, s)
	require.NoError(t, f.chooseSize(1, 1))
	require.Equal(t, []result.Work{{Files: 1, Size: 4 * leastBytes}, {Files: 1, Size: 7}, {Files: 5, Size: 0}}, f.Spec.Works)
}

// The trial copies much only where a rate is wanted.
func TestTrialSize(t *testing.T) {
	for work, want := range map[result.Work]int64{{Files: 1}: trialBytes, {Files: 1, Size: 7}: helloBytes, {Files: 4, Size: 0}: helloBytes} {
		s := withTools()
		s.Works = []result.Work{work}
		require.Equal(t, want, s.trialSize())
	}
}

// The slowest of several servers decides.
func TestTrialOfSeveralServers(t *testing.T) {
	s := withTools()
	s.Works = []result.Work{{Files: 1}}
	s.Runs, s.Warmup, s.Time = 1, 0, 5*time.Minute
	f := newFake(t, s)
	slow := *f.Targets[0]
	f.Targets = append(f.Targets, &slow)
	inner, trials := f.Measure, 0
	f.Measure = func(ctx context.Context, c measure.Command) (measure.Usage, error) {
		u, err := inner(ctx, c)
		if trials++; trials <= 2 {
			u.Seconds = float64(trials) * 4 // 8 MiB/s, 4 MiB/s
		}
		return u, err
	}
	require.NoError(t, f.Run(t.Context(), newFile()))
	require.Equal(t, int64(256<<20), f.Spec.Works[0].Size) // 4 MiB/s * 300 s / (2 * 2 cases) = 300 MiB
}
