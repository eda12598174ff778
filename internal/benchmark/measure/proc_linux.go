package measure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// children lists the children of a process. The kernel keeps them with the thread that forked (proc(5), /proc/PID/task/TID/children,
// with CONFIG_PROC_CHILDREN); without that file all processes are asked for their parent.
func children(pid int) (pids []int) {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		if os.IsNotExist(err) && !supported() {
			return childrenByParent(pid)
		}
		for _, field := range bytes.Fields(text) {
			if n, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// supported tells a kernel without such files from a thread that has just ended.
func supported() bool {
	_, err := os.Stat("/proc/thread-self/children")
	return err == nil
}

func childrenByParent(parent int) (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		if pid, err := strconv.Atoi(filepath.Base(name)); err == nil && stat(pid, 1) == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

func session(pid int) int { return stat(pid, 3) }

// stat is a number of /proc/PID/stat (proc(5)), counted after the name, which stands in parentheses and may hold anything; 0: none.
func stat(pid, field int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) <= field {
		return 0
	}
	n, _ := strconv.Atoi(string(fields[field]))
	return n
}

// peakRSS is how large a process has been since its exec, bytes; 0: unknown, or it has ended.
func peakRSS(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return n << 10
}

// lockLimit is a process's soft RLIMIT_LOCKS; 0: none, or unknown.
func lockLimit(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(text, []byte("\nMax file locks"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseUint(string(fields[0]), 10, 64) // not "unlimited"
	return n
}
