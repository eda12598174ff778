package measure

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tree is the processes of a command: itself, what descends from it, and what descended from it and is ours by adoption.
type tree struct {
	mark   string
	limit  uint64       // stands in the soft RLIMIT_LOCKS of the command and of all that it starts, until they are reaped
	before map[int]bool // children of ours from before the command
	seen   map[int]bool // processes that were once below the command
	first  *os.Process
	own    int64 // VmHWM of this process when it forked
	peak   int64
	user   time.Duration // of orphans
	system time.Duration
	floor  int64 // highest peak in the accounts of orphans
	over   bool  // the command itself has been waited for: its number may be another's
}

func newTree() *tree {
	// Without it orphans go to init: their cost is not seen, and all else is as it should be.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	t := &tree{mark: "MSCP_MEASURE=" + rand.Text(), limit: unlikely(), before: map[int]bool{}, seen: map[int]bool{}}
	for _, pid := range children(os.Getpid()) {
		t.before[pid] = true
	}
	return t
}

// unlikely is a number that no other has: of 62 bits, as all of them together are no limit.
func unlikely() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])>>2 | 1<<61
}

// variable stands in the command's environment, and in that of what it starts.
func (t *tree) variable() string { return t.mark }

func (t *tree) started(p *os.Process) {
	t.first = p
	// No limit that Linux has looked at since 2.4 (getrlimit(2)). What is forked before this line is known by its environment, while it lives.
	var old unix.Rlimit
	if err := unix.Prlimit(p.Pid, unix.RLIMIT_LOCKS, nil, &old); err == nil {
		_ = unix.Prlimit(p.Pid, unix.RLIMIT_LOCKS, &unix.Rlimit{Cur: t.limit, Max: old.Max}, nil)
	}
	t.own = peakRSS(os.Getpid())
}

func (t *tree) ended() { t.over = true }

// look notes who is there and how large they have been.
func (t *tree) look() {
	for _, pid := range t.members() {
		t.peak = max(t.peak, peakRSS(pid))
	}
}

// members lists all that lives, or waits to be waited for. A process that is forked meanwhile may be missing.
func (t *tree) members() []int {
	todo := t.orphans()
	if !t.over {
		todo = append(todo, t.first.Pid)
	}
	for i := 0; i < len(todo); i++ {
		t.seen[todo[i]] = true
		todo = append(todo, children(todo[i])...)
	}
	return todo
}

// orphans lists the command's descendants that have become children of this process.
func (t *tree) orphans() (pids []int) {
	for _, pid := range children(os.Getpid()) {
		if pid != t.first.Pid && !t.before[pid] && t.ours(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// ours tells the command's orphans from children that others in this process have started. A daemon has left the session; one that
// has ended has no environment any more, and still has its limits.
func (t *tree) ours(pid int) bool {
	if t.seen[pid] || session(pid) == t.first.Pid || lockLimit(pid) == t.limit {
		return true
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && (bytes.HasPrefix(env, []byte(t.mark)) || bytes.Contains(env, []byte("\x00"+t.mark)))
}

// signal goes to all of them.
func (t *tree) signal(sig syscall.Signal) {
	for _, pid := range t.members() {
		if pid != t.first.Pid {
			_ = syscall.Kill(pid, sig)
		}
	}
	if !t.over {
		_ = t.first.Signal(sig) // knows whether it has been waited for
	}
}

// reap takes the accounts of the orphans that have ended, and says how many are left.
func (t *tree) reap() (left int) {
	for _, pid := range t.orphans() {
		t.seen[pid] = true
		var account unix.Rusage
		if got, err := unix.Wait4(pid, nil, unix.WNOHANG, &account); err == nil && got == pid {
			t.user += time.Duration(account.Utime.Nano())
			t.system += time.Duration(account.Stime.Nano())
			t.floor = max(t.floor, int64(account.Maxrss)<<10)
			continue
		}
		left++
	}
	if left == 0 { // the children of one that was reaped are orphans now
		left = len(t.orphans())
	}
	return left
}

// cost is that of the command, which has ended, and of all orphans that were reaped.
func (t *tree) cost(state *os.ProcessState) (user, system time.Duration, peak int64) {
	peak = t.peak
	if account, ok := state.SysUsage().(*syscall.Rusage); ok {
		if most := max(int64(account.Maxrss)<<10, t.floor); most > t.own { // getrusage(2): KiB
			peak = max(peak, most)
		}
	}
	return state.UserTime() + t.user, state.SystemTime() + t.system, peak
}
