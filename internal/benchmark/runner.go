package benchmark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

// Runner runs the cases of a Spec.
type Runner struct {
	Spec    Spec
	Mscp    string           // the program that is measured
	Targets []*Target        // at least one
	Local   map[string]Store // by result.Memory and result.Disk

	Observer Observer
	Measure  func(context.Context, measure.Command) (measure.Usage, error)
	Look     func(program string) (string, error)                  // exec.LookPath
	Output   func(env []string, program ...string) ([]byte, error) // what a program prints; env is added to this process's
	Save     func(*result.File) error                              // after each round; nil: nobody wants it
}

// Observer is told what happens, by one goroutine.
type Observer interface {
	// Begin tells how many commands will be run.
	Begin(runs int)
	// Running tells that a command begins; measured is false for a warm-up.
	Running(c result.Case, measured bool)
	// Ran tells what it came to.
	Ran(c result.Case, s result.Sample)
	// Left tells that a command is not run: its tool has failed before.
	Left(c result.Case)
	// Note tells something that the user should know now.
	Note(text string)
}

// NewRunner returns one that runs real commands.
func NewRunner(s Spec, o Observer) *Runner {
	return &Runner{Spec: s, Observer: o, Measure: measure.Run, Look: exec.LookPath, Output: output}
}

func output(env []string, args ...string) ([]byte, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	return cmd.CombinedOutput()
}

// Run measures all cases and fills f, which comes with what is known before. A tool that fails is a sample with an error, and is given up after
// two in a row. An error is what ends the measuring; f then holds what was measured before it, and is marked as interrupted.
func (r *Runner) Run(ctx context.Context, f *result.File) error {
	err := r.Spec.Validate()
	if err == nil {
		err = r.run(ctx, f)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	f.Interrupted = err != nil
	return err
}

func (r *Runner) run(ctx context.Context, f *result.File) error {
	if err := r.trial(ctx, f); err != nil {
		return err
	}
	questions := r.questions()
	versions := make(map[string]string)
	runs := 0
	for _, q := range questions {
		runs += len(q.cases) * r.Spec.runs()
		r.addVersions(q.cases, versions)
		for _, s := range q.skipped {
			f.Skipped = addSkipped(f.Skipped, s)
		}
	}
	r.Observer.Begin(runs)
	for _, q := range questions {
		if err := r.answer(ctx, f, q); err != nil {
			return err
		}
	}
	return nil
}

// question is what is asked of one target.
type question struct {
	result.Question
	target  *Target
	cases   []*planned
	skipped []result.Skipped
}

func (r *Runner) questions() (all []*question) {
	for _, t := range r.Targets {
		for _, w := range r.Spec.Works {
			for _, d := range r.Spec.Directions {
				q := &question{target: t, Question: result.Question{Server: t.Server, Direction: d, Work: w, Source: r.Spec.Source, Sink: r.Spec.Sink}}
				q.cases, q.skipped = r.Spec.plan(t, q.Question, r.Look)
				all = append(all, q)
			}
		}
	}
	return all
}

// addVersions asks each tool once. Some make directories for their configuration even then.
func (r *Runner) addVersions(cases []*planned, known map[string]string) {
	for _, c := range cases {
		args := []string{r.Mscp, "--version"}
		if c.tool != nil {
			args = c.tool.version
		}
		if c.Tool == result.TCP || len(args) == 0 {
			continue
		}
		if _, ok := known[c.Tool]; !ok {
			known[c.Tool] = firstLine(r.Output(env(r.state()), args...))
		}
		c.Version = known[c.Tool]
	}
}

func addSkipped(all []result.Skipped, s result.Skipped) []result.Skipped {
	for _, x := range all {
		if x == s {
			return all
		}
	}
	return append(all, s)
}

// answer measures the cases of a question, round by round.
func (r *Runner) answer(ctx context.Context, f *result.File, q *question) (err error) {
	sides, err := r.prepare(ctx, q)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := sides.clear(); err == nil {
			err = cerr
		}
	}()
	first := len(f.Cases)
	for _, c := range q.cases {
		f.Cases = append(f.Cases, c.Case)
	}
	for round := range r.Spec.runs() {
		for i, c := range q.cases {
			if err := r.once(ctx, c, sides, round >= r.Spec.Warmup); err != nil {
				return err
			}
			f.Cases[first+i] = c.Case
		}
		if r.Save != nil && round >= r.Spec.Warmup {
			if err := r.Save(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUp is how often in a row a tool may fail.
const giveUp = 2

// once runs a case once, and keeps the sample if it counts. An error is one that ends all.
func (r *Runner) once(ctx context.Context, c *planned, s *sides, counts bool) error {
	if c.failed >= giveUp {
		r.Observer.Left(c.Case)
		return nil
	}
	r.Observer.Running(c.Case, counts)
	sample, err := r.sample(ctx, c, s)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.failed++
		if errors.Is(err, measure.ErrTimeout) {
			c.failed = giveUp // it would take as long again
		}
		sample.Error = s.values(c.Case).public(err.Error())
	} else {
		c.failed = 0
	}
	if counts || err != nil {
		c.Samples = append(c.Samples, sample)
	}
	r.Observer.Ran(c.Case, sample)
	return s.clearOut()
}

// sample runs a case once.
func (r *Runner) sample(ctx context.Context, c *planned, s *sides) (sample result.Sample, err error) {
	if c.Tool == result.TCP {
		return s.target.raw.measure(ctx, c.Case, r.Spec.Timeout)
	}
	v := s.values(c.Case)
	v.mscp = r.Mscp
	if c.tool != nil {
		v.cipher = c.Cipher
	}
	if err := s.cold(c.Case); err != nil {
		return sample, err
	}
	run := c.command.fill(v)
	usage, err := r.Measure(ctx, measure.Command{
		Args: run.args, Stdin: run.stdin, Env: append(os.Environ(), env(s.state)...), Port: s.target.Port,
		Start: s.target.Start, In: s.target.In, Timeout: r.Spec.Timeout,
	})
	sample = sampleOf(usage)
	if err != nil {
		if c.tool == nil {
			err = withoutHint(err)
		}
		return sample, err
	}
	if err := s.settle(c.Case, &sample); err != nil {
		return sample, err
	}
	if c.tool == nil {
		if err := read(usage.Stdout, &sample); err != nil {
			return sample, err
		}
	}
	return sample, s.check(c.Case, &sample)
}

func sampleOf(u measure.Usage) result.Sample {
	return result.Sample{Seconds: u.Seconds, User: u.User, System: u.System, PeakRSS: u.PeakRSS, Connections: u.Connections,
		Retransmits: u.Retransmits, RTT: u.RTT, MinRTT: u.MinRTT}
}

// ShortError is a tool that ended well and did not copy everything.
type ShortError struct{ Files, Bytes, WantFiles, WantBytes int64 }

func (e *ShortError) Error() string {
	return fmt.Sprintf("it ended with success, but %d files with %d bytes arrived of %d with %d", e.Files, e.Bytes, e.WantFiles, e.WantBytes)
}
