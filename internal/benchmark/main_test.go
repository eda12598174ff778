package benchmark

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain makes the test binary one of the helpers, where the environment says so.
func TestMain(m *testing.M) {
	if how := strings.Fields(os.Getenv("BENCHMARK_HELPER")); len(how) > 0 {
		if err := helpers()[how[0]](how[1:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// helper is a process of the test binary.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  string // the first line
}

// startHelper starts one and waits for its first line.
func startHelper(t *testing.T, how ...string) *helper {
	h := &helper{cmd: exec.Command(os.Args[0])}
	h.cmd.Env = append(os.Environ(), "BENCHMARK_HELPER="+strings.Join(how, " "), "GORACE=atexit_sleep_ms=0")
	h.cmd.Stderr = os.Stderr
	out, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	h.stdin, err = h.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, h.cmd.Start())
	t.Cleanup(h.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	h.said = strings.TrimSpace(line)
	return h
}

// kill is SIGKILL, for which no process can prepare.
func (h *helper) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// end lets it come to its end.
func (h *helper) end(t *testing.T) {
	require.NoError(t, h.stdin.Close())
	require.NoError(t, h.cmd.Wait())
}

// stay keeps a helper alive until its test ends it.
func stay(line string) {
	fmt.Println(line)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
