package fsys

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// limits are what the local side may take of the process.
type limits struct {
	calls    int // at once
	files    int // open
	listings int // open
}

// mostCalls keeps a disk that answers within 20 ms at 25000 calls a second.
const mostCalls = 512

// processLimits shares out what this process may have: half of its files for files, less for calls (each may need one for a moment) and
// for listings, an eighth of the user's threads for calls, for they are shared with the user's other programs. Package os has raised the
// soft limit of open files to the hard one.
func processLimits() limits {
	return share(rlimit(unix.RLIMIT_NOFILE), min(rlimit(unix.RLIMIT_NPROC), cgroupPids()))
}

func share(files, threads uint64) limits {
	within := func(n uint64, least, most int) int { return max(least, int(min(n, uint64(most)))) }
	return limits{
		calls:    within(min(files/8, threads/8), 4, mostCalls),
		files:    within(max(files/2, 16)-16, 4, 1<<16),
		listings: within(files/8, 2, 1<<10),
	}
}

const unlimited = 1 << 32

// rlimit is a soft limit of this process.
func rlimit(resource int) uint64 {
	var l unix.Rlimit
	if err := unix.Getrlimit(resource, &l); err != nil {
		return unlimited
	}
	return min(uint64(l.Cur), unlimited)
}

// cgroupPids is how many threads the process's control group may have (cgroups(7), version 2).
func cgroupPids() uint64 {
	least := uint64(unlimited)
	for _, dir := range cgroupDirs() {
		text, err := os.ReadFile(path.Join(dir, "pids.max"))
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64); err == nil { // else "max"
			least = min(least, n)
		}
	}
	return least
}

// cgroupDirs are the process's control group and those above.
func cgroupDirs() []string {
	const top = "/sys/fs/cgroup"
	own, _ := os.ReadFile("/proc/self/cgroup") // not there: none but the top
	for line := range strings.Lines(string(own)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !ok {
			continue
		}
		dirs := []string{top}
		for _, name := range strings.Split(group, "/") {
			dirs = append(dirs, path.Join(dirs[len(dirs)-1], name))
		}
		return dirs
	}
	return []string{top}
}
