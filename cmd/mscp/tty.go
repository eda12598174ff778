package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"mscp/internal/progress"
	"mscp/internal/sshpool"
)

// terminal asks the user on /dev/tty, never on standard input or output: those may be files or pipes. Echo is off while
// a secret is typed, and on again on every way out.
type terminal struct {
	pause func() (resume func()) // takes the progress line away

	mu    sync.Mutex
	spent time.Duration
}

// Secret implements sshpool.Prompter.
func (t *terminal) Secret(ctx context.Context, prompt string) (string, error) {
	return t.ask(ctx, prompt, func(tty *os.File) (string, error) {
		b, err := term.ReadPassword(int(tty.Fd()))
		fmt.Fprintln(tty)
		return string(b), err
	})
}

// Confirm implements sshpool.Prompter.
func (t *terminal) Confirm(ctx context.Context, prompt string) (string, error) {
	return t.ask(ctx, prompt, readLine)
}

// asked is how long questions have been waiting for answers.
func (t *terminal) asked() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent
}

func (t *terminal) ask(ctx context.Context, prompt string, read func(*os.File) (string, error)) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", sshpool.ErrNoTerminal
	}
	defer tty.Close()
	begun := time.Now()
	defer t.pause()()
	fmt.Fprint(tty, shown(prompt))
	answer, err := t.await(ctx, tty, read)
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
		lines[i] = progress.Escape(lines[i])
	}
	return strings.Join(lines, "\n")
}

// await gives up when the context ends. The read cannot be interrupted on every system, so the terminal's state is put back here,
// and the reader ends with the terminal's Close or with the process.
func (t *terminal) await(ctx context.Context, tty *os.File, read func(*os.File) (string, error)) (string, error) {
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return "", sshpool.ErrNoTerminal
	}
	type result struct {
		answer string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := read(tty)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		fmt.Fprintln(tty) // the cursor stands behind the question
		return "", errors.Join(ctx.Err(), term.Restore(int(tty.Fd()), state))
	}
}

// readLine reads bytes one by one, so that nothing behind the line is taken.
func readLine(tty *os.File) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := tty.Read(b)
		if n == 0 && err == nil {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}
