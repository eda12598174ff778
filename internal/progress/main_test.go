package progress

import (
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *buffer) lines() []string {
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// terminal shows what a terminal of some columns would: it knows CR, LF, wrapping and ED 0, and nothing else.
type terminal struct {
	mu       sync.Mutex
	columns  int
	rows     []string
	row, col int
	strange  string // what it does not know
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for text := string(p); text != ""; {
		if rest, found := strings.CutPrefix(text, "\x1b[J"); found {
			text = rest
			t.rows = t.rows[:min(len(t.rows), t.row+1)]
			t.rows[t.row] = t.rows[t.row][:min(t.col, len(t.rows[t.row]))]
			continue
		}
		t.put(text[0])
		text = text[1:]
	}
	return len(p), nil
}

func (t *terminal) put(c byte) {
	switch {
	case c == '\r':
		t.col = 0
	case c == '\n': // as a tty with onlcr
		t.row, t.col = t.row+1, 0
	case c < ' ' || c > '~':
		t.strange += string(rune(c))
	default:
		if t.col == t.columns {
			t.row, t.col = t.row+1, 0
		}
		t.grow()
		line := t.rows[t.row] + strings.Repeat(" ", max(0, t.col-len(t.rows[t.row])))
		t.rows[t.row] = line[:t.col] + string(rune(c)) + line[min(t.col+1, len(line)):]
		t.col++
	}
	t.grow()
}

func (t *terminal) grow() {
	for len(t.rows) <= t.row {
		t.rows = append(t.rows, "")
	}
}

// screen is what is to be seen, and whatever the terminal did not understand.
func (t *terminal) screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimRight(strings.Join(t.rows, "\n"), "\n") + t.strange
}
