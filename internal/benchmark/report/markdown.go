package report

import (
	"fmt"
	"io"
	"strings"

	"mscp/internal/benchmark/result"
	"mscp/internal/units"
)

// Markdown writes, for documents, a line on the machine and the tools, the command, the warnings, and a compact table for each
// question.
func Markdown(w io.Writer, f *result.File) error {
	p := &page{}
	about := []string{machine(f.Host)}
	if names := sources(f); names != "" {
		about = append(about, "From "+names)
	}
	if v := versions(f); v != "" {
		about = append(about, v)
	}
	if !f.Started.IsZero() {
		about = append(about, f.Started.UTC().Format("2006-01-02"))
	}
	p.line(markup(strings.Join(about, ". ")) + ".")
	if len(f.Command) > 0 {
		p.line("\n    " + shell(f.Command))
	}
	for _, l := range Warnings(f) {
		p.line("\n> Warning: " + markup(l) + ".")
	}
	for _, g := range groups(f) {
		p.markdown(f, g)
	}
	p.line("")
	for _, n := range notes(f) {
		p.line("- " + markup(n))
	}
	for _, s := range f.Skipped {
		p.line("- Skipped: " + markup(skipped(s)))
	}
	_, err := io.WriteString(w, strings.TrimRight(p.String(), "\n")+"\n")
	return err
}

func (p *page) markdown(f *result.File, g *group) {
	text := "\n**" + markup(capital(heading(g.Question, f.Path))) + "**"
	if s := g.shared(); s != "" {
		text += "; mscp: " + markup(s)
	}
	if g.base != "" {
		text += "; ratio: to " + g.base
	}
	p.line(text + "\n")
	p.line("| tool | settings | median | min–max | ratio |")
	p.line("|:-----|:---------|-------:|--------:|------:|")
	for _, r := range g.rows {
		mid, span := g.amounts(r)
		p.line(fmt.Sprintf("| %s | %s | %s | %s | %s |", markup(clean(r.Tool)), markup(g.vary.settings(r.Case)), mid, span, ratioCell(r)))
	}
	var feet []string
	for _, l := range failures(g) {
		feet = append(feet, "failed: "+l)
	}
	if len(feet) > 0 {
		p.line("")
	}
	for _, l := range feet {
		p.line("- " + markup(l))
	}
}

// amounts are a case's median, and its least and greatest.
func (g *group) amounts(r row) (mid, span string) {
	if r.stats.N == 0 {
		return none, none
	}
	text := units.Bits
	if g.small() {
		text = func(v float64) string { return digits(v) + " s" }
	}
	s := g.figure(r)
	return text(s.Median), interval(text(s.Min), text(s.Max))
}

// interval joins two amounts, and names their unit once if it is the same.
func interval(from, to string) string {
	number, unit, _ := strings.Cut(from, " ")
	if strings.HasSuffix(to, " "+unit) {
		from = number
	}
	return from + "–" + to
}

// markup makes text stand in Markdown as it is: no cell ends, no code or HTML begins, no word turns into a link or into emphasis.
func markup(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", "&", "&amp;", "~", `\~`,
	).Replace(text)
}
