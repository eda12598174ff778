package progress

import (
	"io"
	"sync"
)

// The row of the bar is always the last thing on the terminal, and the cursor rests at its first column. So
// "\r" and an erase to the end of the screen take it away even where a narrower window has made the terminal fold the
// row into several, and lines above are never touched. Every change is one Write.
const erase = "\x1b[J" // ECMA-48 ED: from the cursor to the end of the screen

// screen writes whole lines, above a row that is redrawn in place if there is one.
type screen struct {
	mu      sync.Mutex
	out     io.Writer
	visible func() bool // whether a row may be drawn now; nil: always
	row     string      // what is drawn below the lines; "" for nothing
	holds   int         // the terminal is lent to somebody else
	waiting []byte      // lines that came meanwhile
	ended   bool
}

// line writes text and a newline above the row.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held() {
		s.waiting = append(append(s.waiting, text...), '\n')
		return
	}
	s.hidden()
	s.write(s.under(text + "\n"))
}

// draw replaces the row. What is drawn first and erased after does not flicker.
func (s *screen) draw(row string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held() || s.hidden() {
		return
	}
	s.row = row
	s.write("\r" + row + erase + "\r")
}

// end stops the redrawing: last, if there was a row, takes its place and becomes a line among the others. Nothing is held
// back any longer, even if the question that a hold was for has never been answered.
func (s *screen) end(last string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.hidden()
	if s.row != "" {
		s.row = ""
		s.write("\r" + last + erase + "\n")
	}
	s.flush()
}

// hold takes the row away and keeps what comes until the matching release.
func (s *screen) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden()
	if s.holds++; s.holds == 1 && s.row != "" {
		s.row = ""
		s.write("\r" + erase)
	}
}

func (s *screen) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds--; s.holds == 0 {
		s.flush()
	}
}

// hidden reports whether the terminal belongs to somebody else, whose lines have gone over the row by now.
func (s *screen) hidden() bool {
	hidden := s.away()
	if hidden {
		s.row = ""
	}
	return hidden
}

func (s *screen) away() bool { return s.visible != nil && !s.visible() }

func (s *screen) held() bool { return s.holds > 0 && !s.ended }

func (s *screen) flush() {
	if len(s.waiting) > 0 {
		s.write(string(s.waiting))
		s.waiting = nil
	}
}

func (s *screen) under(lines string) string {
	if s.row == "" {
		return lines
	}
	return "\r" + erase + lines + s.row + "\r"
}

// write ignores errors: a terminal that has gone is no reason to stop a copy.
func (s *screen) write(text string) {
	_, _ = io.WriteString(s.out, text)
}
