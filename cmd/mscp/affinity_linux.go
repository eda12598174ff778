package main

import (
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
	// A thread that is not bound yet may start another while the others are being bound: look again until there is no new one.
	bound := make(map[int]bool)
	for before := -1; len(bound) > before; {
		before = len(bound)
		if err := bindThreads(&set, bound); err != nil {
			return usage("-m: CPUs %v: %v; this machine has %d", []int(cpus), err, runtime.NumCPU())
		}
	}
	runtime.GOMAXPROCS(min(len(cpus), runtime.NumCPU()))
	return nil
}

// bindThreads binds the process's threads that are not in bound, and puts them there.
func bindThreads(set *unix.CPUSet, bound map[int]bool) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil || bound[id] {
			continue
		}
		if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH {
			return err
		}
		bound[id] = true
	}
	return nil
}
