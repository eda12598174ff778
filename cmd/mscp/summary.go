package main

import (
	"slices"

	"github.com/spf13/cobra"

	"mscp/internal/progress"
	"mscp/internal/transfer"
)

// lastEvent makes sure that events end with one summary, however the command ends.
type lastEvent struct {
	wanted bool // by --json, once the flags have been read
	told   bool
}

// endOf is what the summary says of the end.
func endOf(sum transfer.Summary, err error) (exit int, class string) {
	if err == nil && sum.Failed > 0 {
		err = &partial{sum.Failed, sum.Differing}
	}
	return exitCode(err), errorClass(err)
}

// conclude writes the summary of a command that ended before its copy began.
func (sys system) conclude(root *cobra.Command, err error) error {
	if sys.last.told || err == nil || !sys.last.wanted && !asksForEvents(root, sys.args) {
		return nil
	}
	return progress.New(progress.Options{Mode: progress.JSON, Out: sys.stderr, JSONOut: sys.stdout, Outcome: endOf}).Stop(transfer.Summary{}, err)
}

// asksForEvents looks for --json in a command line that could not be read.
func asksForEvents(root *cobra.Command, args []string) bool {
	if len(args) > 0 && isCommand(root, args[0]) {
		return false
	}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
