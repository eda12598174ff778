package link

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// forwarder carries one direction from the device at one end to that at the other. It is one thread that reads, waits and writes:
// nothing is locked, nothing allocated, and a packet wakes it once to come in and once to go out, or less where they come close together.
type forwarder struct {
	direction
	name    string
	in, out int // TUN devices
	stop    int // readable: end
	epoch   time.Time

	fds     [2]unix.PollFd
	timeout unix.Timespec
}

// batch is how many packets go one way before the other way has its turn.
const batch = 64

// run carries packets until stop.
func (f *forwarder) run() (err error) {
	onThread(func() bool {
		prepareThread(f.name)
		err = f.loop()
		return false
	})
	if err != nil {
		return fmt.Errorf("link: %s: %w", f.name, err)
	}
	return nil
}

// prepareThread puts the thread before those of the ends: a wire waits for no CPU. It also gives it the name that top -H shows. The link
// works without either.
func prepareThread(name string) {
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -20)
	_ = os.WriteFile("/proc/thread-self/comm", []byte(name), 0)
}

func (f *forwarder) loop() error {
	for {
		if err := f.deliver(); err != nil {
			return err
		}
		readable, stopped, err := f.wait()
		if err != nil || stopped {
			return err
		}
		if !readable {
			continue
		}
		if err := f.receive(); err != nil {
			return err
		}
	}
}

// now is in ns since the link was made.
func (f *forwarder) now() int64 { return int64(time.Since(f.epoch)) }

// wait returns when a packet came in, one must go out, or the link is to end.
func (f *forwarder) wait() (readable, stopped bool, err error) {
	f.fds = [2]unix.PollFd{{Fd: int32(f.in), Events: unix.POLLIN}, {Fd: int32(f.stop), Events: unix.POLLIN}}
	var timeout *unix.Timespec
	if _, at, ok := f.fifo.head(); ok {
		f.timeout = unix.NsecToTimespec(max(0, at-f.now()))
		timeout = &f.timeout
	}
	_, err = unix.Ppoll(f.fds[:], timeout, nil)
	if err == unix.EINTR {
		return false, false, nil
	}
	return f.fds[0].Revents != 0, f.fds[1].Revents != 0, os.NewSyscallError("ppoll", err)
}

func (f *forwarder) receive() error {
	for range batch {
		n, err := unix.Read(f.in, f.fifo.space())
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("read", err)
		}
		f.take(n, f.now())
	}
	return nil
}

// deliver writes packets whose time has come.
func (f *forwarder) deliver() error {
	for range batch {
		p, at, ok := f.fifo.head()
		if !ok || at > f.now() {
			return nil
		}
		_, err := unix.Write(f.out, p)
		if err == unix.EINTR {
			continue
		}
		f.fifo.pop()
		switch {
		case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EAGAIN):
			f.overrun.Add(1)
		case err != nil:
			return os.NewSyscallError("write", err)
		}
	}
	return nil
}
