package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mscp/internal/benchmark/result"
)

// Options say how the outputs for terminals look.
type Options struct {
	Width   int      // columns; below 40: 120
	ASCII   bool     // draw with ASCII alone
	Follows bool     // of a chart: it comes after the table, and does not repeat what that says
	Advice  []string // on the machine and the path, one line each: shown after the figures
}

func (o Options) width() int {
	if o.Width < 40 {
		return 120
	}
	return o.Width
}

// page collects an output's lines, so that there is one write.
type page struct {
	strings.Builder
	width int
}

func (p *page) line(text string) { p.WriteString(text + "\n") }

// text writes running text.
func (p *page) text(format string, args ...any) {
	for _, l := range wrap(fmt.Sprintf(format, args...), p.width) {
		p.line(l)
	}
}

func (p *page) to(w io.Writer) error {
	_, err := io.WriteString(w, p.String())
	return err
}

// Table writes, for each question, its cases as a table, the best first; before them the machine, the command and the
// warnings, after each its failed runs with what they said, and at the end the tools that were skipped and the advice. Columns in which nothing is known are
// left out; those for which the width does not suffice follow below.
func Table(w io.Writer, f *result.File, opt Options) error {
	p := &page{width: opt.width()}
	p.head(f)
	for _, g := range groups(f) {
		p.line("")
		p.groupHead(f, g)
		p.line("")
		for _, l := range g.blocks(p.width) {
			p.line(l)
		}
		p.groupFoot(g)
	}
	p.foot(f, opt)
	return p.to(w)
}

func (p *page) head(f *result.File) {
	p.text("mscp bench, %s: %s", f.Started.UTC().Format(time.DateTime+" MST"), machine(f.Host))
	if t := tuning(f.Host); t != "" {
		p.text("%s", t)
	}
	if names := sources(f); names != "" {
		p.text("from: %s", names)
	}
	if len(f.Command) > 0 {
		p.text("command: %s", shell(f.Command))
	}
	if v := versions(f); v != "" {
		p.text("versions: %s", v)
	}
	for _, l := range Warnings(f) {
		p.text("warning: %s", l)
	}
}

func (p *page) groupHead(f *result.File, g *group) {
	p.text("%s", capital(heading(g.Question, f.Path)))
	if s := g.shared(); s != "" {
		p.text("mscp: %s", s)
	}
	if g.base != "" {
		p.text("ratio: speed / that of %s", g.base)
	}
}

func (p *page) groupFoot(g *group) {
	for _, l := range failures(g) {
		p.text("failed: %s", l)
	}
}

func (p *page) foot(f *result.File, opt Options) {
	explained := notes(f)
	if len(explained)+len(f.Skipped)+len(opt.Advice) > 0 {
		p.line("")
	}
	for _, n := range explained {
		p.text("%s", n)
	}
	for _, s := range f.Skipped {
		p.text("skipped: %s", skipped(s))
	}
	for _, a := range opt.Advice {
		p.text("advice: %s", clean(a))
	}
}

func skipped(s result.Skipped) string { return clean(s.Tool) + ": " + clean(s.Reason) }

// failures says of each case which runs failed, and why.
func failures(g *group) (lines []string) {
	for _, r := range g.rows {
		var reasons []string
		runs := map[string][]string{}
		for i, s := range r.Samples {
			if s.Good() {
				continue
			}
			if runs[s.Error] == nil {
				reasons = append(reasons, s.Error)
			}
			runs[s.Error] = append(runs[s.Error], strconv.Itoa(i+1))
		}
		for _, reason := range reasons {
			which := "run "
			if len(runs[reason]) > 1 {
				which = "runs "
			}
			lines = append(lines, g.label(r)+": "+which+strings.Join(runs[reason], ", ")+": "+quote(reason))
		}
	}
	return lines
}

// shell writes a command so that it can be pasted into a shell.
func shell(args []string) string {
	var words []string
	for _, a := range args {
		a = clean(a)
		plain := a != "" && strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_{}") == ""
		if !plain {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
