package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mscp/internal/benchmark/result"
	"mscp/internal/units"
)

// heading says what a group's cases did: "one file of 4.00 GiB, up, loopback, server sshd, memory to memory".
func heading(q result.Question, p result.Path) string {
	return work(q.Work) + ", " + string(q.Direction) + ", " + ground(q, p)
}

func ground(q result.Question, p result.Path) string {
	return fmt.Sprintf("%s, server %s, %s to %s", path(p), clean(q.Server), clean(q.Source), clean(q.Sink))
}

func work(w result.Work) string {
	if w.Files == 1 {
		return "one file of " + units.Bytes(w.Size)
	}
	return fmt.Sprintf("%d files of %s", w.Files, units.Bytes(w.Size))
}

func path(p result.Path) string {
	switch text := clean(p.Kind); {
	case p.Link != "":
		return text + " link " + clean(p.Link)
	case p.Kind == result.Network && p.RTT > 0:
		return text + " of RTT " + milliseconds(p.RTT)
	default:
		return text
	}
}

// machine describes a host in one line.
func machine(h result.Host) string {
	parts := []string{count(int64(h.Cores), "core")}
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, clean(value)))
		}
	}
	if h.Memory > 0 {
		add("%s of memory", units.Bytes(h.Memory))
	}
	add("%s", h.CPU)
	if h.CPU != "" && !h.AES {
		parts = append(parts, "no AES instructions")
	}
	add("%s", strings.TrimSpace(h.OS+" "+h.Kernel))
	add("%s", h.Congestion)
	return strings.Join(parts, ", ")
}

// tuning is what else of a host decides over the throughput; it may be empty.
func tuning(h result.Host) string {
	var parts []string
	add := func(name, value string) {
		if value != "" && value != "0" {
			parts = append(parts, name+" "+clean(value))
		}
	}
	add("tcp_rmem", h.TCPRmem)
	add("tcp_wmem", h.TCPWmem)
	add("rmem_max", strconv.FormatInt(h.RmemMax, 10))
	add("wmem_max", strconv.FormatInt(h.WmemMax, 10))
	add("qdisc", h.Qdisc)
	add("MTU", strconv.Itoa(h.MTU))
	return strings.Join(parts, ", ")
}

// versions lists the tools' versions, each once.
func versions(f *result.File) string {
	var parts []string
	seen := map[string]bool{"": true}
	for _, c := range f.Cases {
		name := c.Tool
		if name == result.Single || name == result.SSH || name == result.TCP { // ours
			name = result.Mscp
		}
		text := clean(c.Version)
		if !strings.Contains(strings.ToLower(text), strings.ToLower(clean(name))) {
			text = clean(name) + " " + text
		}
		if c.Version != "" && !seen[text] {
			seen[text] = true
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// sources are the files that were merged; empty: none were.
func sources(f *result.File) string {
	var names []string
	for _, c := range f.Cases {
		if c.From != "" && !slices.Contains(names, clean(c.From)) {
			names = append(names, clean(c.From))
		}
	}
	return strings.Join(names, ", ")
}

// notes explains the tools that are not known by their names.
func notes(f *result.File) (lines []string) {
	for _, t := range []struct{ tool, text string }{
		{result.Single, "mscp limited to what scp does: one connection, one channel, one chunk, blocks of 32 KiB, 64 in flight"},
		{result.SSH, "the SSH connections alone: from zeros, to /dev/null"},
		{result.TCP, "the path alone: TCP connections without SSH"},
	} {
		for _, c := range f.Cases {
			if c.Tool == t.tool {
				lines = append(lines, t.tool+": "+t.text)
				break
			}
		}
	}
	return lines
}

// count gives "1 run" and "2 runs".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// digits gives v with three digits, or all those before the point: "0.0213", "2.13", "21.3", "2130".
func digits(v float64) string {
	decimals := 2
	for limit := 9.995; v >= limit && decimals > 0; limit *= 10 {
		decimals--
	}
	for limit := 0.9995; v < limit && v > 0 && decimals < 9; limit /= 10 {
		decimals++
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func milliseconds(s float64) string { return digits(1e3*s) + " ms" }

// times gives a ratio; three digits below 0.1 as well, but not in between: a column of ratios is about the point.
func times(ratio float64) string {
	if ratio >= 0.095 && ratio < 1 {
		return strconv.FormatFloat(ratio, 'f', 2, 64) + "x"
	}
	return digits(ratio) + "x"
}

func percent(part float64) string { return strconv.FormatFloat(100*part, 'f', 0, 64) + "%" }

// clean takes out what acts on a terminal or on the neighbouring text instead of being seen, and bytes that are not UTF-8.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.In(r, unicode.Cf, unicode.Cs, unicode.Co):
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text))
}

// longestQuote is how many characters of an error are shown.
const longestQuote = 200

// quote makes another program's error harmless, and not too long.
func quote(text string) string {
	if r := []rune(text); len(r) > longestQuote {
		text = string(r[:longestQuote]) + "..."
	}
	return strconv.Quote(text)
}

// wrap breaks text between words at width columns; lines after the first are indented.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = "  " + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
