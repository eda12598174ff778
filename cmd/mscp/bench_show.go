package main

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"mscp/internal/benchmark/result"
	"mscp/internal/quote"
	"mscp/internal/units"
)

// benchShow tells of the runs on standard error: one line that is redrawn on a terminal, a line for each run elsewhere. It is a
// benchmark.Observer.
type benchShow struct {
	out        io.Writer
	width      func() int // nil: no terminal
	begun      time.Time
	runs, done int
	drawn      bool
	last       string // what the last run came to
}

func newBenchShow(sys system) *benchShow {
	s := &benchShow{out: sys.stderr, begun: time.Now()}
	if term.IsTerminal(int(sys.stderr.Fd())) && sys.getenv("TERM") != "dumb" {
		s.width = func() int { return width(sys.stderr) }
	}
	return s
}

// Note implements benchmark.Observer.
func (s *benchShow) Note(text string) {
	s.wipe()
	fmt.Fprintf(s.out, "mscp: bench: %s\n", quote.Text(text))
}

// Begin implements benchmark.Observer.
func (s *benchShow) Begin(runs int) { s.runs, s.begun = runs, time.Now() }

// Running implements benchmark.Observer.
func (s *benchShow) Running(c result.Case, measured bool) {
	if s.width == nil {
		return
	}
	what := caseText(c)
	if !measured {
		what += " (warm-up)"
	}
	line := fmt.Sprintf("%s %s%s", s.position(), what, s.last)
	if w := s.width(); w > 0 && len(line) > w-1 {
		line = line[:w-1]
	}
	s.wipe()
	fmt.Fprint(s.out, line)
	s.drawn = true
}

// Ran implements benchmark.Observer.
func (s *benchShow) Ran(c result.Case, sample result.Sample) {
	s.done++
	came := runText(sample)
	if s.width == nil {
		fmt.Fprintf(s.out, "mscp: bench: %s %s: %s\n", s.position(), quote.Text(caseText(c)), quote.Text(came))
		return
	}
	s.last = "; before: " + quote.Text(came)
	if sample.Error != "" {
		s.Note(caseText(c) + ": " + came)
	}
}

// Left implements benchmark.Observer.
func (s *benchShow) Left(result.Case) { s.runs-- }

// position is how far it is, and how long it will take at this pace.
func (s *benchShow) position() string {
	if s.runs == 0 {
		return "trial"
	}
	text := fmt.Sprintf("run %d/%d", min(s.done+1, s.runs), s.runs)
	if s.width == nil {
		return fmt.Sprintf("run %d/%d", s.done, s.runs)
	}
	if s.done > 0 && s.done < s.runs {
		left := time.Since(s.begun) / time.Duration(s.done) * time.Duration(s.runs-s.done)
		text += ", " + units.Clock(left) + " left"
	}
	return text + ":"
}

func (s *benchShow) wipe() {
	if s.drawn {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.drawn = false
	}
}

// end takes the line away.
func (s *benchShow) end() { s.wipe() }

// caseText is a case in a few words.
func caseText(c result.Case) string {
	size := units.Bytes(c.Work.Size)
	if c.Work.Files > 1 {
		size = fmt.Sprintf("%d x %s", c.Work.Files, size)
	}
	text := fmt.Sprintf("%s %s %s, %s", c.Server, c.Direction, size, c.Tool)
	if c.Tool == result.Mscp {
		text += fmt.Sprintf(" -n %d", c.Connections)
		if c.Sessions > 1 {
			text += fmt.Sprintf(" --sessions %d", c.Sessions)
		}
	}
	if c.Settings != "" {
		text += ", " + c.Settings
	}
	return text
}

func runText(s result.Sample) string {
	if s.Error != "" {
		return "failed: " + s.Error
	}
	return fmt.Sprintf("%s, %s", units.Duration(time.Duration(s.Seconds*float64(time.Second))), units.Bits(s.BitsPerSecond()))
}

// benchWidth is the width of the tables.
func benchWidth(sys system) int {
	if !term.IsTerminal(int(sys.stdout.Fd())) {
		return 0
	}
	return width(sys.stdout)
}
