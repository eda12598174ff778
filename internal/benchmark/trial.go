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
)

// trial copies a small file by ours. It shows that the server can be reached, which cipher mscp takes, and how much data makes runs
// of a sensible length.
func (r *Runner) trial(ctx context.Context, f *result.File) error {
	var slowest float64
	var reached []*Target
	for _, t := range r.Targets {
		q := &question{target: t, Question: result.Question{Server: t.Server, Direction: result.Up, Source: r.Spec.Source, Sink: r.Spec.Sink,
			Work: result.Work{Files: 1, Size: r.Spec.trialSize()}}}
		s, rate, err := r.try(ctx, q)
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
	}
	r.Targets = reached
	return r.chooseSize(slowest)
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

// chooseSize gives works without a size one with which all runs together take about Spec.Time, by the rate of the trial in
// bytes per second.
func (r *Runner) chooseSize(rate float64) error {
	if !slices.ContainsFunc(r.Spec.Works, unsized) {
		return nil
	}
	runs := 0
	for _, q := range r.questions() {
		runs += len(q.cases) * r.Spec.runs()
	}
	size := int64(rate * r.Spec.Time.Seconds() / float64(max(1, runs)))
	for _, s := range r.stores() {
		free, err := s.Free()
		if err != nil {
			return err
		}
		if free >= 0 {
			size = min(size, free/4)
		}
	}
	// Below a chunk for each connection, fewer are used than were asked for.
	size = min(max(size, leastBytes*int64(slices.Max(r.Spec.Connections))), mostBytes)
	size = 1 << (bits.Len64(uint64(size)) - 1)
	for i, w := range r.Spec.Works {
		if unsized(w) {
			r.Spec.Works[i].Size = size
		}
	}
	return nil
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
