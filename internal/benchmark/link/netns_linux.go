package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// Namespace is one end of a Link: a network namespace with a loopback interface and the link, and nothing else.
type Namespace struct {
	addr netip.Addr
	file *os.File // keeps the namespace
	tun  int      // keeps the device
}

const threadNS = "/proc/thread-self/ns/net"

// newNamespace makes a namespace that lives as long as its file, its tun device, or a process in it.
func newNamespace(addr netip.Addr, settings []setting) (n *Namespace, err error) {
	n = &Namespace{addr: addr, tun: -1}
	onThread(func() bool {
		var old *os.File
		if old, err = os.Open(threadNS); err != nil {
			return true
		}
		defer old.Close()
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = os.NewSyscallError("unshare", err)
			return true
		}
		err = n.fill(settings)
		return enter(old) == nil
	})
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// fill sets up the namespace that the thread is in.
func (n *Namespace) fill(settings []setting) (err error) {
	if n.file, err = os.Open(threadNS); err != nil {
		return err
	}
	if err := apply(settings); err != nil {
		return err
	}
	n.tun, err = newDevice(n.addr)
	return err
}

// enter moves the thread.
func enter(ns *os.File) error {
	conn, err := ns.SyscallConn()
	if err != nil {
		return err
	}
	cerr := conn.Control(func(fd uintptr) {
		err = os.NewSyscallError("setns", unix.Setns(int(fd), unix.CLONE_NEWNET))
	})
	return errors.Join(cerr, err)
}

func (n *Namespace) close() error {
	var errs []error
	if n.tun >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(n.tun)))
	}
	if n.file != nil {
		errs = append(errs, n.file.Close())
	}
	return errors.Join(errs...)
}

// Addr is the namespace's address on the link.
func (n *Namespace) Addr() netip.Addr { return n.addr }

// Do runs f in the namespace and returns its error. f must not leave its goroutine: others run outside, and so does what the
// resolver does for names. A socket stays in the namespace where it was made. /proc/thread-self/net and /proc/sys/net are the namespace's, /sys is not.
func (n *Namespace) Do(f func() error) error {
	err := errors.New("link: the function in the namespace did not return")
	onThread(func() bool {
		old, oerr := os.Open(threadNS)
		if oerr != nil {
			err = oerr
			return true
		}
		defer old.Close()
		if eerr := enter(n.file); eerr != nil {
			err = fmt.Errorf("link: %w", eerr)
			return true
		}
		err = f()
		return enter(old) == nil
	})
	return err
}

// Start starts cmd in the namespace. The child is the caller's to wait for. The namespace lives until its last process ends, but the
// link through it goes with Close.
func (n *Namespace) Start(cmd *exec.Cmd) error { return n.Do(cmd.Start) }

// Listen listens as [net.ListenConfig.Listen] does. A name in address does not work: give an IP address, or none.
func (n *Namespace) Listen(ctx context.Context, network, address string) (l net.Listener, err error) {
	err = n.Do(func() (err error) {
		l, err = new(net.ListenConfig).Listen(ctx, network, address)
		return err
	})
	return l, err
}

// DialContext dials as [net.Dialer.DialContext] does, but only IP addresses with a port: names would be looked up outside.
func (n *Namespace) DialContext(ctx context.Context, network, address string) (c net.Conn, err error) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	err = n.Do(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}
