//go:build !linux

package main

func setAffinity(cpus cpuMask) error {
	if len(cpus) == 0 {
		return nil
	}
	return usage("-m: binding to CPUs works on Linux only")
}
