package measure

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.Code)
	if e.Signal != 0 {
		how = "ended by " + e.Signal.String()
	}
	if line := lastLine(e.Stderr); line != "" {
		return how + ": " + line
	}
	return how
}

// lastLine is the last line that is not blank: where most programs say why they failed.
func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return string(bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:]))
}

func exitError(state *os.ProcessState, stderr []byte) error {
	if state.Success() {
		return nil
	}
	e := &ExitError{Code: state.ExitCode(), Stderr: stderr}
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		e.Signal = w.Signal()
	}
	return e
}
