package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mscp/internal/benchmark/result"
)

// GoBench writes a line for each good run in the format of Go's benchmarks (golang.org/design/14313-benchmark-format), for
// benchstat to compare two files:
//
//	BenchmarkMscp/dir=up/files=1/size=4GiB/server=sshd/from=memory/to=null/n=8-16 1 2500000000 ns/op 1717986918 B/s 3000000000 cpu-ns/op
//
// The settings in the name are those asked for. What must be the same for two runs to be compared is in the configuration lines:
// system, processor, path. What may differ is not there, or benchstat would put the two into two tables: versions,
// date, failures and warnings stand in lines that begin with # and that readers skip.
func GoBench(w io.Writer, f *result.File) error {
	p := &page{}
	for _, c := range config(f) {
		if c.value != "" {
			p.line(c.key + ": " + c.value)
		}
	}
	for _, l := range remarks(f) {
		p.line("# " + l)
	}
	p.line("")
	for _, c := range f.Cases {
		name := benchName(c, f.Host.Cores)
		for _, s := range c.Good() {
			p.line(name + " 1" + benchValues(c, s))
		}
	}
	return p.to(w)
}

type setting struct{ key, value string }

func config(f *result.File) []setting {
	h := f.Host
	value := func(text string) string { return strings.TrimSpace(clean(text)) }
	positive := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return []setting{
		{"goos", value(h.OS)}, {"cpu", value(h.CPU)}, {"cores", positive(int64(h.Cores))}, {"memory-bytes", positive(h.Memory)},
		{"kernel", value(h.Kernel)}, {"congestion", value(h.Congestion)}, {"path", value(f.Path.Kind)}, {"link", value(f.Path.Link)},
	}
}

// remarks are what a reader of figures should know and a program that compares them should not.
func remarks(f *result.File) (lines []string) {
	if !f.Started.IsZero() {
		lines = append(lines, "started: "+f.Started.UTC().Format("2006-01-02T15:04:05Z"))
	}
	if names := sources(f); names != "" {
		lines = append(lines, "from: "+names)
	}
	if len(f.Command) > 0 {
		lines = append(lines, "command: "+shell(f.Command))
	}
	if v := versions(f); v != "" {
		lines = append(lines, "versions: "+v)
	}
	for _, l := range Warnings(f) {
		lines = append(lines, "warning: "+l)
	}
	for _, g := range groups(f) {
		for _, l := range failures(g) {
			lines = append(lines, "failed: "+l)
		}
	}
	for _, s := range f.Skipped {
		lines = append(lines, "skipped: "+skipped(s))
	}
	return lines
}

// benchName is the case as a benchmark's name: its tool and, where they are set, its settings. It ends, as Go's do, with the number of cores.
func benchName(c result.Case, cores int) string {
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	var b strings.Builder
	b.WriteString("Benchmark" + capital(word(c.Tool)))
	for _, s := range []setting{
		{"dir", string(c.Direction)}, {"files", number(c.Work.Files)}, {"size", exact(c.Work.Size)},
		{"server", c.Server}, {"from", c.Source}, {"to", c.Sink}, {"settings", c.Settings},
		{"n", number(int64(c.Connections))}, {"sessions", number(int64(c.Sessions))}, {"cipher", c.Cipher},
		{"block", exact(c.Block)}, {"inflight", number(int64(c.Inflight))}, {"file", c.From},
	} {
		if s.value != "" && s.value != "0B" {
			b.WriteString("/" + s.key + "=" + word(s.value))
		}
	}
	return b.String() + "-" + strconv.Itoa(max(1, cores))
}

// benchValues are the run's figures, with units of which benchstat knows ns and B.
func benchValues(c result.Case, s result.Sample) string {
	var b strings.Builder
	add := func(v float64, unit string) { fmt.Fprintf(&b, " %s %s", strconv.FormatFloat(v, 'f', 0, 64), unit) }
	add(1e9*s.Seconds, "ns/op")
	if s.Bytes > 0 {
		add(s.BitsPerSecond()/8, "B/s")
	}
	if c.Work.Files > 1 && s.Seconds > 0 {
		add(float64(s.Files)/s.Seconds, "files/s")
	}
	if command(c) {
		add(1e9*s.CPU(), "cpu-ns/op")
	}
	if s.PeakRSS > 0 {
		add(float64(s.PeakRSS), "peak-RSS-B")
	}
	if s.Connections > 0 {
		add(float64(s.Connections), "conns")
		if command(c) {
			add(float64(s.Retransmits), "retransmits/op")
		}
	}
	return b.String()
}

// exact gives n bytes in the largest unit of which they are a whole number: "4GiB", "1000B".
func exact(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for len(units) > 1 && n != 0 && n%1024 == 0 {
		n, units = n/1024, units[1:]
	}
	return strconv.FormatInt(n, 10) + units[0]
}

// word makes text a part of a benchmark's name: "/" and "=" divide parts there, a space ends the name, and the last "-" comes before
// the cores.
func word(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '=' || unicode.IsSpace(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, clean(text))
}
