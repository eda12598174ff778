package sshpool

import (
	"strings"
	"sync"
)

// tail keeps the last lines that were written to it.
type tail struct {
	line func(string) // given each line

	mu    sync.Mutex
	lines []string
	rest  string
}

const (
	tailLines = 8
	lineBytes = 1024
)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest += string(b)
	for {
		l, rest, ok := strings.Cut(t.rest, "\n")
		if !ok && len(t.rest) < lineBytes {
			return len(b), nil
		}
		t.rest = rest
		t.add(l)
	}
}

func (t *tail) add(line string) {
	if line = strings.TrimSpace(line); line == "" {
		return
	}
	t.line(line)
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// text is complete when the process has ended.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(t.rest)
	t.rest = ""
	return strings.Join(t.lines, "; ")
}
