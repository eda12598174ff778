//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// ptyMain is the program "pty DIALOG PROGRAM ARGUMENT...": it runs the program on a new controlling terminal of 100 columns and
// writes to standard output all that came to the terminal. It exits as the program does. Lines of the dialog:
//
//	expect REGEXP   waits for output that matches, behind what matched before
//	send TEXT       types a line
//	secret TEXT     types a line once the terminal echoes nothing
//	unechoed        waits until the terminal echoes nothing
//	type TEXT       types a text without its line end
//	stop            types Ctrl-Z
//	interrupt       types Ctrl-C now and then until the program ends
func ptyMain() {
	dialog, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail("pty: %v", err)
	}
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		fail("pty: %v", err)
	}
	t := &tty{master: master, changed: make(chan struct{}, 1), ended: make(chan struct{})}
	var reader sync.WaitGroup
	reader.Go(t.read)
	err = t.hold(string(dialog))
	if err != nil { // a stopped job of the program may hold the terminal
		_ = cmd.Process.Kill()
		t.mu.Lock()
		_, _ = os.Stdout.Write(t.out.Bytes())
		fail("pty: %v", err)
	}
	_ = cmd.Wait()
	reader.Wait() // the terminal's output ends with its last process
	_, _ = os.Stdout.Write(t.out.Bytes())
	os.Exit(cmd.ProcessState.ExitCode())
}

type tty struct {
	master  *os.File
	changed chan struct{}

	ended chan struct{}

	mu   sync.Mutex
	out  bytes.Buffer
	seen int // what has matched
}

func (t *tty) read() {
	defer close(t.ended)
	buf := make([]byte, 4096)
	for {
		n, err := t.master.Read(buf)
		t.mu.Lock()
		t.out.Write(buf[:n])
		t.mu.Unlock()
		select {
		case t.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return // EIO: the program has ended
		}
	}
}

func (t *tty) hold(dialog string) error {
	for line := range strings.Lines(dialog) {
		verb, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var err error
		switch verb {
		case "":
		case "expect":
			err = t.expect(text)
		case "secret":
			if err = t.unechoed(); err == nil {
				_, err = t.master.WriteString(text + "\n")
			}
		case "send":
			_, err = t.master.WriteString(text + "\n")
		case "unechoed":
			err = t.unechoed()
		case "type":
			_, err = t.master.WriteString(text)
		case "stop":
			_, err = t.master.WriteString("\x1a")
		case "end":
			_, err = t.master.WriteString("\x04")
		case "interrupt":
			err = t.interrupt()
		default:
			err = errors.New("no such verb")
		}
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
	}
	return nil
}

func (t *tty) expect(pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	for timeout := time.After(patience); ; {
		t.mu.Lock()
		at := re.FindIndex(t.out.Bytes()[t.seen:])
		if at != nil {
			t.seen += at[1]
		}
		t.mu.Unlock()
		if at != nil {
			return nil
		}
		select {
		case <-t.changed:
		case <-timeout:
			return errors.New("did not come")
		}
	}
}

// unechoed waits for ECHO to be off; the state that the master shows is the program's.
func (t *tty) unechoed() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		state, err := unix.IoctlGetTermios(int(t.master.Fd()), unix.TCGETS)
		if err != nil {
			return err
		}
		if state.Lflag&unix.ECHO == 0 {
			return nil
		}
	}
	return errors.New("the terminal echoes")
}

func (t *tty) interrupt() error {
	for timeout := time.After(patience); ; {
		if _, err := t.master.WriteString("\x03"); err != nil {
			return err
		}
		select {
		case <-t.ended:
			return nil
		case <-timeout:
			return errors.New("the program goes on")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
