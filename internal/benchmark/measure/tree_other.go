//go:build !linux

package measure

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// tree is the processes of a command: those in its process group.
type tree struct{ first *os.Process }

func newTree() *tree                    { return &tree{} }
func (t *tree) variable() string        { return "MSCP_MEASURE=1" }
func (t *tree) started(p *os.Process)   { t.first = p }
func (t *tree) ended()                  {}
func (t *tree) look()                   {}
func (t *tree) signal(s syscall.Signal) { _ = syscall.Kill(-t.first.Pid, s) }

// reap ends what is left of the group, which is init's to wait for.
func (t *tree) reap() (left int) {
	t.signal(syscall.SIGKILL)
	return 0
}

func (t *tree) cost(state *os.ProcessState) (user, system time.Duration, peak int64) {
	if account, ok := state.SysUsage().(*syscall.Rusage); ok {
		peak = account.Maxrss
		if runtime.GOOS != "darwin" { // there bytes, elsewhere KiB
			peak <<= 10
		}
	}
	return state.UserTime(), state.SystemTime(), peak
}
