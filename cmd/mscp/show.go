package main

import (
	"os"

	"golang.org/x/term"

	"mscp/internal/progress"
)

// newDisplay chooses how the copy is shown: a bar on a terminal, plain lines elsewhere, unless a flag says otherwise.
func (c *copier) newDisplay(args []string) *progress.Display {
	opt := progress.Options{
		Mode: progress.Plain, Out: c.sys.stderr, JSONOut: c.sys.stdout,
		Interval: c.progressInterval, Verbose: c.verbose > 0,
		Explain: explainFile, Outcome: endOf, DryRun: c.dryRun,
		Sources: args[:len(args)-1], Target: args[len(args)-1],
	}
	terminal := term.IsTerminal(int(c.sys.stderr.Fd()))
	switch {
	case c.json:
		opt.Mode = progress.JSON
	case c.quiet:
		opt.Mode = progress.Quiet
	case terminal && c.sys.getenv("TERM") != "dumb":
		opt.Mode = progress.Bar
		opt.Width = func() int { return width(c.sys.stderr) }
	}
	if terminal {
		opt.Visible = func() bool { return inForeground(c.sys.stderr) }
		opt.Lent = func() bool { return !inForeground(c.sys.stderr) && stopsWriters(c.sys.stderr) }
	}
	return progress.New(opt)
}

func width(f *os.File) int {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}
