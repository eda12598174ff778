package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"mscp/internal/quote"
	"mscp/internal/sshpool"
)

// terminal asks the user on /dev/tty, never on standard input or output: those may be files or pipes.
type terminal struct {
	pause func() (resume func()) // takes the progress line away

	mu    sync.Mutex
	spent time.Duration
}

// Secret implements sshpool.Prompter.
func (t *terminal) Secret(ctx context.Context, prompt string) (string, error) {
	return t.ask(ctx, prompt, false)
}

// Confirm implements sshpool.Prompter.
func (t *terminal) Confirm(ctx context.Context, prompt string) (string, error) {
	return t.ask(ctx, prompt, true)
}

// asked is how long questions have been waiting for answers.
func (t *terminal) asked() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent
}

func (t *terminal) ask(ctx context.Context, prompt string, echo bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", sshpool.ErrNoTerminal
	}
	defer tty.Close()
	begun := time.Now()
	defer t.pause()()
	q := &question{tty: tty, text: shown(prompt), echo: echo}
	answer, err := q.ask(ctx)
	t.waited(time.Since(begun))
	return answer, err
}

func (t *terminal) waited(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spent += d
}

// shown is a question of some lines, safe to show.
func shown(prompt string) string {
	lines := strings.Split(prompt, "\n")
	for i := range lines {
		lines[i] = quote.Text(lines[i])
	}
	return strings.Join(lines, "\n")
}
