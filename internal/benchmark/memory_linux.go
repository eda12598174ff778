package benchmark

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// inMemory reports whether a file system takes its room from the memory. The type has 32 bits, and where a long has no more it is negative.
func inMemory(s *unix.Statfs_t) bool {
	kind := uint32(s.Type)
	return kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC
}

// memoryFree is how many bytes of memory can be taken without harm: MemAvailable of proc(5), and, as batch systems limit jobs, what the
// control groups (cgroup v2) of this process leave of their limits. root is "/", or a test's.
func memoryFree(root string) int64 {
	free := int64(math.MaxInt64)
	text, _ := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemAvailable:" {
			if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				free = kib << 10
			}
		}
	}
	own, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	_, group, _ := strings.Cut(strings.TrimSpace(string(own)), "0::")
	for dir := filepath.Clean("/" + group); ; dir = filepath.Dir(dir) {
		path := filepath.Join(root, "sys/fs/cgroup", dir)
		if limit, ok := number(path, "memory.max"); ok {
			free = min(free, limit-groupUsed(path))
		}
		if dir == "/" {
			return max(0, free)
		}
	}
}

// groupUsed is what a control group takes without the page cache, which the kernel gives up where memory is wanted. (Files in memory are on
// the lists of the anonymous.)
func groupUsed(dir string) int64 {
	used, _ := number(dir, "memory.current")
	text, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) == 2 && (f[0] == "inactive_file" || f[0] == "active_file") {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				used -= n
			}
		}
	}
	return max(0, used)
}

// number is what a file of a control group holds; "max" is none.
func number(dir, name string) (n int64, ok bool) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
