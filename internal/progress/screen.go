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
	row     string // what is drawn below the lines; "" for nothing
	holds   int    // the terminal is lent to somebody else
	waiting []byte // lines that came meanwhile
}

// line writes text and a newline above the row.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds > 0 {
		s.waiting = append(append(s.waiting, text...), '\n')
		return
	}
	s.write(s.under(text + "\n"))
}

// draw replaces the row. What is drawn first and erased after does not flicker.
func (s *screen) draw(row string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds > 0 {
		return
	}
	s.row = row
	s.write("\r" + row + erase + "\r")
}

// leave ends the redrawing: last, if there was a row, takes its place and becomes a line among the others.
func (s *screen) leave(last string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.row == "" {
		return
	}
	s.row = ""
	s.write("\r" + last + erase + "\n")
}

// hold takes the row away and keeps what comes until the matching release.
func (s *screen) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds++; s.holds == 1 && s.row != "" {
		s.row = ""
		s.write("\r" + erase)
	}
}

func (s *screen) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds--; s.holds == 0 && len(s.waiting) > 0 {
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
