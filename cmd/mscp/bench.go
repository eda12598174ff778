package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"mscp/internal/benchmark"
	"mscp/internal/benchmark/hostinfo"
	"mscp/internal/benchmark/link"
	"mscp/internal/benchmark/report"
	"mscp/internal/benchmark/result"
)

// newBenchCommand returns "mscp bench".
func newBenchCommand(sys system) *cobra.Command {
	f := &benchFlags{}
	groups := f.groups()
	c := &cobra.Command{
		Use:   "bench [flags] [[user@]host:directory]",
		Short: "Measure mscp beside scp and other tools, on this machine or against a server",
		Long: "bench copies the same data with mscp, once for each number of connections and each other setting, and in turn with " +
			"other tools. It prints throughput, CPU time and more. Without an argument it starts servers on this machine and takes " +
			"about a minute. It writes only to directories of its own, mscp-bench-..., and removes them. It asks nothing: use a key " +
			"without passphrase or an agent.",
		Example: "  mscp bench                                        this machine alone\n" +
			"  mscp bench node:/scratch --connections 1,2,4,8,16 --size 4g --plot chart.svg\n" +
			"  mscp bench --link rtt=100ms,rate=1gbit --size 512m --peers all\n" +
			"  mscp bench report one.json other.json             draw stored results again",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%q: give at most one [user@]host:directory", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			b := &bench{benchFlags: f, groups: groups, sys: sys, changed: c.Flags().Changed}
			return b.run(c.Context(), args)
		},
	}
	for _, g := range groups {
		g.flags.SortFlags = false
		c.Flags().AddFlagSet(g.flags)
	}
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(c.OutOrStdout(), c, groups) })
	c.AddCommand(newBenchReportCommand(sys))
	return c
}

// bench is one run. What it opens is closed in the reverse order, whatever happens.
type bench struct {
	*benchFlags
	groups  []group
	sys     system
	changed func(flag string) bool

	show  *benchShow
	file  *result.File
	local map[string]benchmark.Store
	path  *link.Link // of --link
	// unsaved: the results could not be written while they came, and the reason has been told.
	unsaved bool
	close   []func() error
}

func (b *bench) run(ctx context.Context, args []string) (err error) {
	spec, to, err := b.parse(args)
	if err != nil {
		return withBenchHint(err)
	}
	b.show = newBenchShow(b.sys)
	b.file = &result.File{Version: result.Version, Started: time.Now().UTC().Truncate(time.Second), Command: b.publicArgs(args)}
	defer func() { err = errors.Join(err, b.closeAll()) }()
	r, err := b.prepare(ctx, spec, to)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	b.file.Path = r.Targets[0].Path
	b.file.Host = hostinfo.Read(os.DirFS("/"), b.towards(r.Targets[0]))
	err = r.Run(ctx, b.file)
	b.show.end()
	err = errors.Join(err, b.readLink())
	if kind := b.file.Path.Kind; kind != result.Emulated {
		b.file.Path.RTT = leastRTT(b.file)
	}
	return errors.Join(interruptedOr(ctx, err), b.results())
}

// withBenchHint makes a usage error point to the flags of this command.
func withBenchHint(err error) error {
	given, ok := errors.AsType[*usageError](err)
	if isUsage(err) && (!ok || given.hint == "") {
		return &usageError{err: err, hint: "mscp bench -h lists the flags"}
	}
	return err
}

// interruptedOr is the signal where there was one, whatever it made fail.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &removed{context.Cause(ctx)}
	}
	return err
}

// closeAll may take its time: after a signal, too, everything is to be removed.
func (b *bench) closeAll() (err error) {
	for _, c := range slices.Backward(b.close) {
		err = errors.Join(err, c())
	}
	return err
}

// prepare makes directories and starts or reaches servers.
func (b *bench) prepare(ctx context.Context, spec benchmark.Spec, to *destination) (*benchmark.Runner, error) {
	if err := b.makeLocal(spec); err != nil {
		return nil, err
	}
	r := benchmark.NewRunner(spec, b.show)
	r.Local, r.Save = b.local, b.saveJSON
	var err error
	if r.Mscp, err = b.measured(); err != nil {
		return nil, err
	}
	if to != nil {
		t, err := b.reach(ctx, to)
		if err != nil {
			return nil, err
		}
		r.Targets = []*benchmark.Target{t}
		return r, nil
	}
	r.Targets, err = b.serve(ctx)
	return r, err
}

// measured is the program that the runs call.
func (b *bench) measured() (string, error) {
	if b.program == "" {
		return os.Executable()
	}
	info, err := os.Stat(b.program)
	if err == nil && (info.IsDir() || info.Mode()&0o111 == 0) {
		err = fmt.Errorf("%s: is not a program", b.program)
	}
	return b.program, err
}

// serve starts the servers of this machine.
func (b *bench) serve(ctx context.Context) (targets []*benchmark.Target, err error) {
	config, err := b.emulated()
	if err != nil {
		return nil, err
	}
	var l *link.Link
	if config != nil {
		if l, err = link.New(context.WithoutCancel(ctx), *config); err != nil {
			return nil, fmt.Errorf("--link: %w", err)
		}
		b.path, b.close = l, append(b.close, l.Close)
	} else {
		config = &link.Config{}
	}
	for _, kind := range b.kinds(l != nil) {
		t, err := benchmark.Serve(ctx, kind, b.local[result.Memory], b.local, l, *config)
		optional := len(b.servers) == 0 && kind == benchmark.SSHD && len(targets) > 0
		if err != nil && optional && ctx.Err() == nil {
			b.file.Skipped = append(b.file.Skipped, result.Skipped{Tool: kind, Reason: "mscp could not start it"})
			b.show.Note(err.Error())
			continue
		}
		if err != nil {
			return nil, err
		}
		b.close = append(b.close, t.Close)
		t.Optional = optional
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return nil, benchmark.ErrNoSSHD
	}
	return targets, nil
}

// kinds are the servers that are asked for. What a long path does is not worth twice the time.
func (b *bench) kinds(emulated bool) []string {
	switch {
	case len(b.servers) > 0:
		return b.servers
	case emulated:
		return []string{benchmark.SSHD}
	}
	return []string{benchmark.Embedded, benchmark.SSHD}
}

// results writes what was measured, also after an interruption.
func (b *bench) results() error {
	if len(b.file.Cases) == 0 {
		return nil
	}
	err := b.outputs.write(b.sys, b.file)
	if !b.unsaved {
		err = errors.Join(b.saveJSON(b.file), err)
	}
	return err
}

func (b *bench) saveJSON(f *result.File) error {
	if b.outputs.json == "" {
		return nil
	}
	err := writeFile(b.outputs.json, func(w io.Writer) error { return report.JSON(w, f) })
	b.unsaved = err != nil
	return err
}

// readLink keeps what says whether an emulated path was what it was asked to be.
func (b *bench) readLink() error {
	if b.path == nil {
		return nil
	}
	s, err := b.path.Stats()
	b.file.Path.Overrun = s.Up.Overrun + s.Down.Overrun
	return err
}

// leastRTT is the least that any run has seen.
func leastRTT(f *result.File) (least float64) {
	for _, c := range f.Cases {
		for _, s := range c.Samples {
			if s.MinRTT > 0 && (least == 0 || s.MinRTT < least) {
				least = s.MinRTT
			}
		}
	}
	return least
}
