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

	quieting sync.Mutex
	quiet    *silence // between questions, of which only one is asked at a time; nil: echo is as it was
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
	begun := time.Now()
	defer t.pause()()
	q := &question{tty: tty, text: shown(prompt), echo: echo}
	if s := t.takeBack(); s != nil {
		q.before, q.catch = s.saved, s.catch
	}
	answer, err := q.ask(ctx)
	t.waited(time.Since(begun))
	if q.hushed {
		t.keep(keepSilent(ctx, q))
	} else {
		tty.Close()
	}
	return answer, err
}

// keep exchanges the silence for another one.
func (t *terminal) keep(s *silence) (before *silence) {
	t.quieting.Lock()
	defer t.quieting.Unlock()
	before, t.quiet = t.quiet, s
	return before
}

// takeBack ends the silence after the last question, for the next one; nil: there was none.
func (t *terminal) takeBack() *silence {
	s := t.keep(nil)
	if s != nil {
		s.end(false)
	}
	return s
}

// release ends the questions of a login: echo is on again, and what was typed meanwhile is thrown away.
func (t *terminal) release() {
	if s := t.keep(nil); s != nil {
		s.end(true)
	}
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
