package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/quote"
	"mscp/internal/transfer"
	"mscp/internal/units"
)

// printPlan walks the sources and prints where each lands, on standard output.
func (c *copier) printPlan(ctx context.Context, j *job) error {
	p := &planPrinter{root: j.land.Root, json: c.json, out: c.sys.stdout, fail: c.display.Failed, there: j.there}
	if c.skipUnchanged {
		p.dst = j.dst
	}
	for _, f := range j.land.Failures {
		p.Failed(f.Path, f.Err)
	}
	within, stop := context.WithCancel(ctx)
	defer stop()
	p.stop = stop
	err := plan.Walk(within, j.src, j.land.Items, c.listings(), p)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case p.lost != nil:
		err = p.lost
	case errors.Is(p.err, syscall.EPIPE):
		return nil // the reader has seen enough, as head does
	case p.err != nil:
		return fmt.Errorf("standard output: %w", p.err)
	}
	return c.planned(p, err)
}

// planned ends a dry run with its totals.
func (c *copier) planned(p *planPrinter, err error) error {
	if err == nil && p.failed > 0 {
		err = &partial{failed: p.failed}
	}
	if c.json {
		c.sys.last.told = true
		whole := err
		if errors.As(err, new(*partial)) {
			whole = nil
		}
		sum := transfer.Summary{Files: p.files, Dirs: p.dirs, Skipped: p.skipped, Failed: p.failed, Bytes: p.bytes, Unchanged: p.unchanged}
		if werr := c.display.Stop(sum, whole); err == nil && werr != nil && !errors.Is(werr, syscall.EPIPE) {
			return fmt.Errorf("standard output: %w", werr)
		}
		return err
	}
	p.end()
	if err == nil && p.err != nil && !errors.Is(p.err, syscall.EPIPE) {
		return fmt.Errorf("standard output: %w", p.err)
	}
	return err
}

// planPrinter is a plan.Sink that copies nothing.
type planPrinter struct {
	root string
	json bool
	fail func(path string, err error)

	dst   fsys.FS    // where files that are there already are left; nil: they are not
	there plan.There // in the root

	stop func() // ends the walk: nobody reads what it finds

	mu                           sync.Mutex
	out                          io.Writer
	err, lost                    error
	files, dirs, skipped, failed int64
	unchanged                    int64
	bytes                        int64
}

func (p *planPrinter) print(line progress.Planned, text string) {
	if p.json {
		b, err := json.Marshal(line)
		if err != nil {
			p.err = err
			return
		}
		text = string(b)
	}
	if _, err := fmt.Fprintln(p.out, text); err != nil && p.err == nil {
		p.err = err
		p.stop()
	}
}

func (p *planPrinter) target(dst string) string { return bytepath.Join(p.root, dst) }

// MakeDir implements plan.Sink.
func (p *planPrinter) MakeDir(_ context.Context, d *plan.Dir) error {
	t := p.target(d.Dst)
	if p.dst != nil {
		d.There = make(plan.There)
		_ = p.dst.List(t, func(i fsys.Info) error { // one that is not there has none
			d.There.Add(i)
			return nil
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dirs++
	p.print(progress.Planned{Event: "dir", Source: d.Src, Target: t},
		fmt.Sprintf("dir   %s -> %s", quote.Name(d.Src), quote.Name(t)))
	return nil
}

// File implements plan.Sink.
func (p *planPrinter) File(ctx context.Context, e plan.Entry) error {
	defer e.Parent.Release()
	p.mu.Lock()
	defer p.mu.Unlock()
	t, there := p.target(e.Dst), p.there
	if e.Parent != nil {
		there = e.Parent.There
	}
	if there.Unchanged(bytepath.Base(e.Dst), e.Info) {
		p.unchanged++
		p.print(progress.Planned{Event: "unchanged", Source: e.Src, Target: t},
			fmt.Sprintf("same  %s -> %s", quote.Name(e.Src), quote.Name(t)))
		return nil
	}
	p.files++
	p.bytes += e.Info.Size
	p.print(progress.Planned{Event: "file", Source: e.Src, Target: t, Bytes: &e.Info.Size},
		fmt.Sprintf("file  %s -> %s  %d bytes", quote.Name(e.Src), quote.Name(t), e.Info.Size))
	return nil
}

// FinishDir implements plan.Sink.
func (p *planPrinter) FinishDir(*plan.Dir) {}

// Skipped implements plan.Sink.
func (p *planPrinter) Skipped(path, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped++
	p.print(progress.Planned{Event: "skipped", Source: path, Kind: what}, fmt.Sprintf("skip  %s: %s", quote.Name(path), what))
}

// Failed implements plan.Sink.
func (p *planPrinter) Failed(path string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fsys.Lost(err) { // nothing that follows is worth a line
		p.lost = err
		return
	}
	p.failed++
	p.fail(path, err)
}

func (p *planPrinter) end() {
	same := ""
	if p.dst != nil {
		same = fmt.Sprintf("%d unchanged, ", p.unchanged)
	}
	_, err := fmt.Fprintf(p.out, "would copy %d files, %d directories, %s; %s%d skipped, %d failed\n",
		p.files, p.dirs, units.Bytes(p.bytes), same, p.skipped, p.failed)
	if p.err == nil {
		p.err = err
	}
}
