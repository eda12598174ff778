package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// system is what the commands take from their surroundings.
type system struct {
	args           []string
	stdout, stderr *os.File
	getenv         func(string) string
	last           *lastEvent
}

// run is the program: it returns the exit code.
func run(args []string, sys system) int {
	ctx, interrupted := withSignals(context.Background(), sys)
	defer interrupted()
	sys.args, sys.last = args, &lastEvent{}
	root := newRootCommand(sys, nil)
	err := setArgs(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) && !errors.As(err, new(*signalled)) {
		err = context.Cause(ctx) // which signal it was: not everything below tells more than that it was cancelled
	}
	if err != nil && !errors.As(err, new(*partial)) {
		complain(sys.stderr, err)
	}
	if jerr := sys.conclude(root, err); jerr != nil {
		complain(sys.stderr, jerr)
	}
	return exitCode(err)
}

// newRootCommand makes the command. adjust, if not nil, changes the flags when they have been read.
func newRootCommand(sys system, adjust func(*pflag.FlagSet, *flags) error) *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "mscp [flags] source... target",
		Short: "Copy files over many SSH connections at once",
		Long: "mscp copies files and directories between this machine and another over many SSH connections at once. " +
			"One side is remote, [[user@]host:]path; the other side needs nothing but sshd.",
		Example: "  mscp big.tar node:/work/               one large file, in parallel\n" +
			"  mscp node:/work/run42 .                a whole tree\n" +
			"  mscp a b/ 'c*' user@node:data/         several sources, globs on either side\n" +
			"  mscp -n 8 -P 2222 src [::1]:dst        eight connections to port 2222",
		Args:              cobra.ArbitraryArgs,
		Version:           version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(c *cobra.Command, args []string) error {
			if adjust != nil {
				if err := adjust(c.Flags(), f); err != nil {
					return err
				}
			}
			if f.resume != "" {
				return resume(c.Context(), sys, f, args)
			}
			return newCopy(sys, f, c.Flags().Changed).run(c.Context(), args)
		},
	}
	c.SetVersionTemplate("mscp {{.Version}}\n")
	c.SetOut(sys.stdout)
	c.SetErr(sys.stderr)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagError(c.Flags(), sys.args, err) })
	f.register(c)
	c.AddCommand(newDemoCommand(func(ctx context.Context, args []string) error {
		return runCopy(ctx, sys, args)
	}))
	c.AddCommand(newBenchCommand(sys))
	c.AddCommand(newCompletionCommand())
	f.completes(c, sys)
	f.coverCommands(c, sys.args)
	return c
}

// runCopy is the copy command with arguments of its own, in this process.
func runCopy(ctx context.Context, sys system, args []string) error {
	sys.args = args
	c := newRootCommand(sys, nil)
	if err := setArgs(c, args); err != nil {
		return err
	}
	return c.ExecuteContext(ctx)
}

// helpWidth is the width of the help, in columns.
const helpWidth = 80

// writeHelp prints the help with its flags in groups.
func writeHelp(w io.Writer, c *cobra.Command, groups []group) {
	out := &lineWriter{w: w}
	out.print(fill(c.Long, ""), "\n\nUsage:\n  ", c.UseLine(), "\n")
	if c.Example != "" {
		out.print("\nExamples:\n", c.Example, "\n")
	}
	for _, g := range groups {
		if g.flags.HasAvailableFlags() {
			out.print("\n", g.title, ":\n", g.flags.FlagUsagesWrapped(helpWidth))
		}
	}
	if c.HasParent() {
		return
	}
	out.print("\nOther commands:\n")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			out.print(fill(fmt.Sprintf("  mscp %-11s %s", sub.Name(), sub.Short), strings.Repeat(" ", 19)), "\n")
		}
	}
	out.print("\nEnvironment: MSCP_SSH_AUTH_PASSWORD, MSCP_SSH_AUTH_PASSPHRASE, SSH_AUTH_SOCK\n",
		fill("Exit status: 0 all copied; 1 some files failed; 2 usage; 3 no connection or login; "+
			"4 verification found a difference; 128+N ended by signal N", "  "), "\n")
}

// fill breaks lines at spaces so that they fit the help's width. What follows a break is indented.
func fill(text, indent string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > helpWidth {
			at := strings.LastIndexByte(line[:helpWidth+1], ' ')
			if at <= len(indent) {
				break
			}
			lines, line = append(lines, line[:at]), indent+line[at+1:]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// lineWriter writes until the first error: help to a closed pipe is nobody's loss.
type lineWriter struct {
	w   io.Writer
	err error
}

func (l *lineWriter) print(parts ...string) {
	for _, p := range parts {
		if l.err == nil {
			_, l.err = io.WriteString(l.w, p)
		}
	}
}
