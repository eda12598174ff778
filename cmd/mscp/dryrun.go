package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/plan"
	"mscp/internal/progress"
	"mscp/internal/units"
)

// printPlan walks the sources and prints where each lands, on standard output.
func (c *copier) printPlan(ctx context.Context, j *job) error {
	p := &planPrinter{root: j.land.Root, json: c.json, out: c.sys.stdout, fail: c.display.Failed}
	for _, f := range j.land.Failures {
		p.Failed(f.Path, f.Err)
	}
	if err := plan.Walk(ctx, j.src, j.land.Items, c.listings(), p); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if p.lost != nil {
		return p.lost
	}
	p.end()
	if p.err != nil {
		return fmt.Errorf("standard output: %w", p.err)
	}
	if p.failed > 0 {
		return &partial{failed: p.failed}
	}
	return nil
}

// planPrinter is a plan.Sink that copies nothing.
type planPrinter struct {
	root string
	json bool
	fail func(path string, err error)

	mu                           sync.Mutex
	out                          io.Writer
	err, lost                    error
	files, dirs, skipped, failed int64
	bytes                        int64
}

// planned is a line of mscp -D --json.
type planned struct {
	Event  string `json:"event"` // "file", "dir", "skipped"
	Source string `json:"source"`
	Target string `json:"target,omitempty"`
	Bytes  *int64 `json:"bytes,omitempty"`
	Kind   string `json:"kind,omitempty"`
}

func (p *planPrinter) print(line planned, text string) {
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
	}
}

func (p *planPrinter) target(dst string) string { return bytepath.Join(p.root, dst) }

// MakeDir implements plan.Sink.
func (p *planPrinter) MakeDir(_ context.Context, d *plan.Dir) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dirs++
	t := p.target(d.Dst)
	p.print(planned{Event: "dir", Source: d.Src, Target: t},
		fmt.Sprintf("dir   %s -> %s", progress.Quote(d.Src), progress.Quote(t)))
	return nil
}

// File implements plan.Sink.
func (p *planPrinter) File(ctx context.Context, e plan.Entry) error {
	defer e.Parent.Release()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files++
	p.bytes += e.Info.Size
	t := p.target(e.Dst)
	p.print(planned{Event: "file", Source: e.Src, Target: t, Bytes: &e.Info.Size},
		fmt.Sprintf("file  %s -> %s  %d bytes", progress.Quote(e.Src), progress.Quote(t), e.Info.Size))
	return nil
}

// FinishDir implements plan.Sink.
func (p *planPrinter) FinishDir(*plan.Dir) {}

// Skipped implements plan.Sink.
func (p *planPrinter) Skipped(path, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped++
	p.print(planned{Event: "skipped", Source: path, Kind: what}, fmt.Sprintf("skip  %s: %s", progress.Quote(path), what))
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
	if p.json {
		return
	}
	_, err := fmt.Fprintf(p.out, "would copy %d files, %d directories, %s; %d skipped, %d failed\n",
		p.files, p.dirs, units.Bytes(p.bytes), p.skipped, p.failed)
	if p.err == nil {
		p.err = err
	}
}
