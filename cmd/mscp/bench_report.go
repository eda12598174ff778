package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"mscp/internal/benchmark/hostinfo"
	"mscp/internal/benchmark/link"
	"mscp/internal/benchmark/report"
	"mscp/internal/benchmark/result"
	"mscp/internal/bytepath"
)

// newBenchReportCommand returns "mscp bench report".
func newBenchReportCommand(sys system) *cobra.Command {
	var out outputs
	c := &cobra.Command{
		Use:   "report [flags] FILE.json...",
		Short: "Show stored results again, or several together",
		Long: "report reads what mscp bench --json wrote, and prints and draws it as mscp bench did. It shows several files side by " +
			"side if they measure the same, with the name of the file on each line.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("mscp bench report: give at least one FILE.json")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkOutputs(out); err != nil {
				return err
			}
			files, err := readResults(args)
			if err != nil {
				return err
			}
			return out.write(sys, files...)
		},
	}
	out.register(c.Flags())
	c.Flags().SortFlags = false
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(c.OutOrStdout(), c, []group{{"Flags", c.LocalFlags()}}) })
	return c
}

// readResults reads files. One is shown as it was; of several, those that were measured on the same ground come together as one.
func readResults(names []string) ([]*result.File, error) {
	var all []result.Named
	if len(names) == 1 {
		f, err := readResult(names[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", names[0], err)
		}
		return []*result.File{f}, nil
	}
	for _, name := range names {
		f, err := readResult(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, result.Named{Name: bytepath.Base(name), File: f})
	}
	return result.Merge(all...), nil
}

func readResult(name string) (*result.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return result.Read(bufio.NewReader(f))
}

// checkOutputs refuses, before anything is measured, a file that could not be written afterwards and a picture of a kind that cannot be drawn.
func checkOutputs(o outputs) error {
	for flag, name := range map[string]string{"json": o.json, "plot": o.plot, "bench": o.bench, "markdown": o.markdown} {
		switch name {
		case "":
			continue
		case "-":
			return usage("--%s -: give a file; /dev/stdout is one", flag)
		}
		if info, err := os.Stat(bytepath.Dir(name)); err != nil || !info.IsDir() {
			return usage("--%s %s: there is no such directory", flag, name)
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return usage("--%s %s: is a directory", flag, name)
		}
		if err := writable(name); err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
	}
	if o.plot == "" {
		if o.panel != 0 {
			return usage("--plot-panel needs --plot")
		}
		return nil
	}
	if o.panel < 0 {
		return usage("--plot-panel %d: panels begin at 1, and 0 draws all", o.panel)
	}
	_, err := plotFormat(o.plot)
	return err
}

// writable says why writeFile will fail.
func writable(name string) error {
	if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
		name = bytepath.Dir(name) // where a new file takes its place
	}
	if err := unix.Access(name, unix.W_OK); err != nil {
		return &os.PathError{Op: "write to", Path: name, Err: err}
	}
	return nil
}

func plotFormat(name string) (string, error) {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	if !slices.Contains(report.Formats(), format) {
		return "", usage("--plot %s: the name must end in .svg, .pdf or .png", name)
	}
	return format, nil
}

// write prints the tables and the bars, and writes the files that are asked for. Results of several machines or paths go to several pictures.
func (o *outputs) write(sys system, files ...*result.File) error {
	var errs []error
	for i, f := range files {
		opt := report.Options{Width: benchWidth(sys), ASCII: !utf8Locale(sys.getenv), Advice: advice(f)}
		errs = append(errs, report.Table(sys.stdout, f, opt))
		opt.Follows = true
		errs = append(errs, report.Chart(sys.stdout, f, opt), o.draw(i, f))
	}
	each := func(name string, write func(io.Writer, *result.File) error) {
		if name == "" {
			return
		}
		errs = append(errs, writeFile(name, func(w io.Writer) error {
			for _, f := range files {
				if err := write(w, f); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	each(o.bench, report.GoBench)
	each(o.markdown, report.Markdown)
	return errors.Join(errs...)
}

// advice is for the rate of an emulated link, or for any.
func advice(f *result.File) []string {
	c, err := link.Parse(f.Path.Link)
	if err != nil {
		return hostinfo.Advice(f.Host, f.Path, 0)
	}
	return hostinfo.Advice(f.Host, f.Path, c.Rate)
}

// draw writes a picture; the second is FILE-2.svg, and so on.
func (o *outputs) draw(i int, f *result.File) error {
	if o.plot == "" {
		return nil
	}
	format, err := plotFormat(o.plot)
	if err != nil {
		return err
	}
	name, ext := o.plot, filepath.Ext(o.plot)
	if i > 0 {
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), i+1, ext)
	}
	return writeFile(name, func(w io.Writer) error { return report.WritePlot(w, f, format, o.panel) })
}

// utf8Locale reports whether characters beyond ASCII will be shown (locale(7)).
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// writeFile replaces a file by what write writes, or leaves it as it is.
func writeFile(name string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // /dev/stdout
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(bytepath.Dir(name), "."+bytepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
