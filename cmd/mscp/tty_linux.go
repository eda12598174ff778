package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	ioctlGetState      = unix.TCGETS
	ioctlSetStateFlush = unix.TCSETSF
)

// stopSelf sends a signal to the calling thread, so that its effect on the process is over when stopSelf returns.
func stopSelf(sig syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
}

// disposition is the kernel's struct sigaction, with room for that of any architecture. The first word is the handler on all of
// them but MIPS. Zero is the default action on all of them.
type disposition [16]uintptr

const ignored = 1 // SIG_IGN

func dispositionOf(sig syscall.Signal) (d disposition) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&d)), 8, 0, 0)
	return d
}

func setDisposition(sig syscall.Signal, d disposition) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&d)), 0, 8, 0, 0)
}

// catchStops sends SIGTSTP to stops until release is called, unless it is ignored. SIGCONT is caught already. Package signal never takes
// its handler of SIGTSTP away again, so that Ctrl-Z would do nothing from then on, and never installs it twice: hence the system calls.
func catchStops(stops chan<- os.Signal) (release func()) {
	before := dispositionOf(syscall.SIGTSTP)
	if before[0] == ignored {
		return func() {}
	}
	signal.Notify(stops, syscall.SIGTSTP)
	setDisposition(syscall.SIGTSTP, dispositionOf(syscall.SIGCONT)) // Go has one handler for all signals
	return func() {
		signal.Stop(stops)
		setDisposition(syscall.SIGTSTP, before)
	}
}

// stopUncaught takes the default action of SIGTSTP while it is caught.
func stopUncaught() {
	caught := dispositionOf(syscall.SIGTSTP)
	setDisposition(syscall.SIGTSTP, disposition{})
	stopSelf(syscall.SIGTSTP)
	setDisposition(syscall.SIGTSTP, caught)
}
