package link

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onThread runs f on a thread that runs nothing else meanwhile, and waits for it. f returns whether the thread is as it was; if it is not,
// or f does not return, the thread ends. It is never the process's main thread: that one cannot end, and /proc/self shows what it does.
func onThread(f func() (clean bool)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		clean := true
		if unix.Gettid() == unix.Getpid() {
			onThread(f) // this goroutine keeps the main thread until f is done
		} else {
			clean = f()
		}
		if clean {
			runtime.UnlockOSThread()
		}
	}()
	<-done
}
