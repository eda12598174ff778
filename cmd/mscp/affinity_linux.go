package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// setAffinity binds the process to CPUs. sched_setaffinity(2) knows only threads, and a thread passes its mask on to those that it
// starts: so it is set for each of this process's, and Go gets no more of them than there are CPUs.
func setAffinity(cpus cpuMask) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("-m: %w", err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
			return usage("-m: CPUs %v: %v; this machine has %d", []int(cpus), err, runtime.NumCPU())
		}
	}
	runtime.GOMAXPROCS(min(len(cpus), runtime.NumCPU()))
	return nil
}
