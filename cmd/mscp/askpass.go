package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"mscp/internal/sshpool"
)

// prompter asks on the terminal or by the program in SSH_ASKPASS, whichever ssh would use (ssh(1), ENVIRONMENT): the program where there
// is no terminal but a display; with SSH_ASKPASS_REQUIRE=prefer rather than the terminal; =force also without a display; =never not at all.
type prompter struct {
	*terminal
	program   string // empty: none may be used
	preferred bool
	unused    bool // there is a program, but ssh would not use it without a display
	stderr    *os.File
}

func newPrompter(sys system, pause func() func()) *prompter {
	p := &prompter{terminal: &terminal{pause: pause}, stderr: sys.stderr}
	allowed := sys.getenv("DISPLAY") != "" || sys.getenv("WAYLAND_DISPLAY") != ""
	switch strings.ToLower(sys.getenv("SSH_ASKPASS_REQUIRE")) {
	case "force":
		allowed, p.preferred = true, true
	case "prefer":
		p.preferred = allowed
	case "never":
		return p
	}
	if allowed {
		p.program = sys.getenv("SSH_ASKPASS")
	}
	p.unused = !allowed && sys.getenv("SSH_ASKPASS") != ""
	return p
}

// Secret implements sshpool.Prompter.
func (p *prompter) Secret(ctx context.Context, prompt string) (string, error) {
	return p.choose(ctx, prompt, p.terminal.Secret)
}

// Confirm implements sshpool.Prompter.
func (p *prompter) Confirm(ctx context.Context, prompt string) (string, error) {
	return p.choose(ctx, prompt, p.terminal.Confirm)
}

func (p *prompter) choose(ctx context.Context, prompt string, terminal func(context.Context, string) (string, error)) (string, error) {
	if p.program != "" && p.preferred {
		return p.askpass(ctx, prompt)
	}
	answer, err := terminal(ctx, prompt)
	if errors.Is(err, sshpool.ErrNoTerminal) && p.program != "" {
		return p.askpass(ctx, prompt)
	}
	if errors.Is(err, sshpool.ErrNoTerminal) && p.unused {
		return "", &unaskedError{err, errAskpassUnused}
	}
	return answer, err
}

// errAskpassUnused says what the user has to set.
var errAskpassUnused = errors.New("mscp uses SSH_ASKPASS without a DISPLAY only if SSH_ASKPASS_REQUIRE=force is set")

// unaskedError is that nobody could be asked, and what would change that.
type unaskedError struct{ err, remedy error }

func (e *unaskedError) Error() string   { return e.err.Error() }
func (e *unaskedError) Unwrap() []error { return []error{e.err, e.remedy} }

var errUnanswered = errors.New("SSH_ASKPASS did not answer the question")

// askpass gives the question as the program's argument; the answer is the first line that it prints, unless it fails.
func (p *prompter) askpass(ctx context.Context, prompt string) (string, error) {
	begun := time.Now()
	defer func() { p.waited(time.Since(begun)) }()
	cmd := exec.CommandContext(ctx, p.program, prompt)
	cmd.Stderr = p.stderr
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnanswered, err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimRight(line, "\r"), nil
}
