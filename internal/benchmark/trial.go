package benchmark

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"mscp/internal/benchmark/result"
)

const (
	trialBytes = 32 << 20
	helloBytes = 1 << 20 // where no size is to be found
	leastBytes = 16 << 20
	mostBytes  = 16 << 30
	// A run of less than leastSeconds shows the login and the noise of the machine rather than the path.
	leastSeconds = 1
)

// trial copies a small file by ours. It shows that the server can be reached, which cipher mscp takes, and how much data makes runs
// of a sensible length.
func (r *Runner) trial(ctx context.Context, f *result.File) error {
	var slowest, fastest float64
	var reached []*Target
	for _, t := range r.Targets {
		s, rate, err := r.tryLonger(ctx, t)
		if err != nil {
			err = &TrialError{Server: t.Server, Err: err}
		}
		if err != nil && t.Optional && ctx.Err() == nil {
			f.Skipped = addSkipped(f.Skipped, result.Skipped{Tool: t.Server, Reason: "mscp could not copy to it"})
			r.Observer.Note(err.Error())
			continue
		}
		if err != nil {
			return err
		}
		reached = append(reached, t)
		if r.Spec.SameCipher == "" {
			r.Spec.SameCipher = s.Cipher
		}
		if slowest == 0 || rate < slowest {
			slowest = rate
		}
		fastest = max(fastest, rate)
	}
	r.Targets = reached
	return r.chooseSize(slowest, fastest)
}

// tryLonger copies a small file, and where a size is to be found and that was over in a moment, a larger one: the first one's time was
// that of the login.
func (r *Runner) tryLonger(ctx context.Context, t *Target) (s result.Sample, rate float64, err error) {
	q := question{target: t, Question: result.Question{Server: t.Server, Direction: result.Up, Source: r.Spec.Source, Sink: r.Spec.Sink,
		Work: result.Work{Files: 1, Size: r.Spec.trialSize()}}}
	s, rate, err = r.try(ctx, &q)
	if err != nil || q.Work.Size < trialBytes || s.Seconds >= leastSeconds {
		return s, rate, err
	}
	most, err := r.room()
	if err != nil {
		return s, rate, err
	}
	q.Work.Size = max(trialBytes, min(powerBelow(4*leastSeconds*rate), 16*trialBytes, most))
	return r.try(ctx, &q)
}

// room is how large a data set may be.
func (r *Runner) room() (int64, error) {
	most := int64(mostBytes)
	for _, s := range r.stores() {
		free, err := s.Free()
		if err != nil {
			return 0, err
		}
		if free >= 0 {
			most = min(most, free/4)
		}
	}
	return most, nil
}

// unsized reports whether the size of a data set is to be found.
func unsized(w result.Work) bool { return w.Size == 0 && w.Files == 1 }

func (s *Spec) trialSize() int64 {
	if slices.ContainsFunc(s.Works, unsized) {
		return trialBytes
	}
	return helloBytes
}

func (r *Runner) try(ctx context.Context, q *question) (s result.Sample, rate float64, err error) {
	sides, err := r.prepare(ctx, q)
	if err != nil {
		return s, 0, err
	}
	defer func() { err = errors.Join(err, sides.clear()) }()
	c := result.Case{Question: q.Question, Tool: result.Mscp, Connections: slices.Max(r.Spec.Connections), Cipher: r.Spec.Ciphers[0]}
	p := &planned{Case: c, command: ours(c)}
	r.Observer.Running(c, false)
	s, err = r.sample(ctx, p, sides)
	if err == nil && s.Seconds > 0 {
		rate = float64(s.Bytes) / s.Seconds
	}
	return s, rate, err
}

// chooseSize gives works without a size one with which all runs together take about Spec.Time at the slowest server's rate, but each at least
// leastSeconds at the fastest one's. Rates are those of the trial, in bytes per second.
func (r *Runner) chooseSize(slowest, fastest float64) error {
	if !slices.ContainsFunc(r.Spec.Works, unsized) {
		return nil
	}
	runs := 0
	for _, q := range r.questions() {
		runs += len(q.cases) * r.Spec.runs()
	}
	most, err := r.room()
	if err != nil {
		return err
	}
	size := powerBelow(slowest * r.Spec.Time.Seconds() / float64(max(1, runs)))
	long := powerBelow(2*leastSeconds*fastest - 1) // at least leastSeconds' worth
	// Below a chunk for each connection, fewer are used than were asked for.
	size = max(size, long, powerBelow(float64(leastBytes*int64(slices.Max(r.Spec.Connections)))))
	size = min(size, powerBelow(float64(most)))
	for i, w := range r.Spec.Works {
		if unsized(w) {
			r.Spec.Works[i].Size = size
		}
	}
	return nil
}

// powerBelow is the largest power of two that is not above v, and 1 where there is none.
func powerBelow(v float64) int64 {
	return 1 << (bits.Len64(uint64(min(max(v, 1), 1<<62))) - 1)
}

func (r *Runner) stores() (all []Store) {
	for _, s := range r.Local {
		all = append(all, s)
	}
	for _, t := range r.Targets {
		for _, s := range t.Dirs {
			all = append(all, s)
		}
	}
	return all
}

// TrialError is a server to which mscp could not copy a small file.
type TrialError struct {
	Server string
	Err    error
}

func (e *TrialError) Error() string {
	return fmt.Sprintf("a first copy to the %s server: %v", e.Server, e.Err)
}

func (e *TrialError) Unwrap() error { return e.Err }
