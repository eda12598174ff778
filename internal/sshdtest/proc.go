package sshdtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killTree kills every descendant of pid, and pid itself too if self is set. A session's process leads its own process group
// (sshd calls setsid), so a signal to the group of pid would miss it. pid is stopped meanwhile, lest it fork another.
func killTree(pid int, self bool) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for _, p := range descendants(pid) {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
	if self {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		return
	}
	_ = syscall.Kill(pid, syscall.SIGCONT)
}

func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		if p, parent, ok := readStat(file); ok {
			children[parent] = append(children[parent], p)
		}
	}
	var all []int
	for todo := children[pid]; len(todo) > 0; todo = todo[1:] {
		all = append(all, todo[0])
		todo = append(todo, children[todo[0]]...)
	}
	return all
}

// readStat reads the process id and its parent's from /proc/PID/stat (proc(5)); the name in parentheses may hold anything.
func readStat(file string) (pid, parent int, ok bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, false
	}
	text := string(b)
	open, end := strings.IndexByte(text, ' '), strings.LastIndexByte(text, ')')
	if open < 0 || end < 0 {
		return 0, 0, false
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 2 {
		return 0, 0, false
	}
	pid, err1 := strconv.Atoi(text[:open])
	parent, err2 := strconv.Atoi(fields[1])
	return pid, parent, err1 == nil && err2 == nil
}

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }
