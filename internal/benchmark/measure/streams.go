package measure

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// kept is how much of each output is kept, bytes.
const kept = 1 << 20

// streams are a command's standard files. They are pipes of ours, not os/exec's, whose Wait would wait for whoever holds
// one, which an orphan may do long after the command has ended.
type streams struct {
	theirs, ours   []*os.File
	stdout, stderr tail
	input          string
	in             *os.File // nil: /dev/null
	copying        sync.WaitGroup
}

func (s *streams) open(cmd *exec.Cmd, input string) error {
	s.stdout.keep, s.stderr.keep = kept, kept
	outR, outW, err1 := os.Pipe()
	errR, errW, err2 := os.Pipe()
	s.ours, s.theirs = []*os.File{outR, errR}, []*os.File{outW, errW}
	cmd.Stdout, cmd.Stderr = outW, errW
	var err3 error
	if input != "" {
		var inR *os.File
		inR, s.in, err3 = os.Pipe()
		s.input, cmd.Stdin = input, inR
		s.ours, s.theirs = append(s.ours, s.in), append(s.theirs, inR)
	}
	err := errors.Join(err1, err2, err3)
	if err != nil {
		s.started(false)
		s.finish(0)
	}
	return err
}

// started closes what only the command uses, and copies while it runs.
func (s *streams) started(runs bool) {
	closeAll(s.theirs)
	if !runs {
		return
	}
	s.copying.Go(func() { _, _ = io.Copy(&s.stdout, s.ours[0]) })
	s.copying.Go(func() { _, _ = io.Copy(&s.stderr, s.ours[1]) })
	if s.in != nil {
		s.copying.Go(func() { _, _ = io.WriteString(s.in, s.input); s.in.Close() })
	}
}

// finish takes what is left in the pipes, for so long at most where somebody still holds them.
func (s *streams) finish(atMost time.Duration) {
	for _, f := range s.ours {
		_ = f.SetDeadline(time.Now().Add(atMost))
	}
	s.copying.Wait()
	closeAll(s.ours)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close() // nil where a pipe could not be made, which Close refuses
	}
}

// tail keeps the last bytes of what is written to it.
type tail struct {
	keep int
	b    []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 2*t.keep {
		t.b = append(t.b[:0], t.bytes()...)
	}
	return len(p), nil
}

func (t *tail) bytes() []byte { return t.b[max(0, len(t.b)-t.keep):] }
