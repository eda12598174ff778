package link

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Link is a running link. Its methods are safe for concurrent use, but nothing may use it or its namespaces after Close.
type Link struct {
	client, server *Namespace
	up, down       *forwarder
	stop           int // an eventfd
	cancel         context.CancelFunc
	wg             sync.WaitGroup

	close    sync.Once
	mu       sync.Mutex
	firstErr error // of a forwarder
	closeErr error
}

// New makes a link that works until ctx ends or Close is called; Close must be called in either case. The error is a *ParseError for a config
// that cannot be, and wraps [ErrUnsupported] where the system has no such links, or not for this user.
func New(ctx context.Context, c Config) (*Link, error) {
	return newLink(ctx, c, rand.NewPCG(rand.Uint64(), rand.Uint64()), rand.NewPCG(rand.Uint64(), rand.Uint64()))
}

// newLink is New with what decides which packets are lost.
func newLink(ctx context.Context, c Config, up, down rand.Source) (*Link, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	l := &Link{stop: -1}
	if err := l.open(); err != nil {
		return nil, errors.Join(unsupported(err), l.release())
	}
	epoch := time.Now()
	forward := func(name string, from, to *Namespace, random rand.Source) *forwarder {
		return &forwarder{
			name: name, in: from.tun, out: to.tun, stop: l.stop, epoch: epoch,
			direction: direction{line: newLine(c, rand.New(random))},
		}
	}
	l.up = forward("link up", l.client, l.server, up)
	l.down = forward("link down", l.server, l.client, down)
	l.start(ctx)
	return l, nil
}

// open makes all that the kernel keeps for the link. On an error, what there is is in l.
func (l *Link) open() (err error) {
	all, err := settings()
	if err != nil {
		return err
	}
	// 192.0.2.0/24 is for documentation (RFC 5737): nobody's real network is hidden by it.
	if l.client, err = newNamespace(netip.AddrFrom4([4]byte{192, 0, 2, 1}), all); err != nil {
		return err
	}
	if l.server, err = newNamespace(netip.AddrFrom4([4]byte{192, 0, 2, 2}), all); err != nil {
		return err
	}
	l.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return os.NewSyscallError("eventfd", err)
}

// unsupported marks what says that this user or system cannot have links.
func unsupported(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOSYS) ||
		errors.Is(err, unix.ENODEV) || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return fmt.Errorf("link: %w", err)
}

func (l *Link) start(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	for _, f := range []*forwarder{l.up, l.down} {
		l.wg.Go(func() {
			if err := f.run(); err != nil {
				l.fail(err)
			}
		})
	}
	l.wg.Go(func() {
		<-ctx.Done()
		// The counter of a new eventfd takes any one write.
		_, _ = unix.Write(l.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
}

// fail keeps the first error of a forwarder and ends the other one.
func (l *Link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.firstErr == nil {
		l.firstErr = err
	}
	l.cancel()
}

// Client is the end that dials.
func (l *Link) Client() *Namespace { return l.client }

// Server is the end that is dialled.
func (l *Link) Server() *Namespace { return l.server }

// ServerAddr is where the client reaches what listens in the server's namespace.
func (l *Link) ServerAddr() netip.Addr { return l.server.addr }

// Stats counts so far.
func (l *Link) Stats() (Stats, error) {
	s := Stats{Up: l.up.read(), Down: l.down.read()}
	for _, end := range []struct {
		ns *Namespace
		to *Counts
	}{{l.client, &s.Up}, {l.server, &s.Down}} {
		n, err := end.ns.overrun()
		if err != nil {
			return Stats{}, err
		}
		end.to.Overrun += n
	}
	return s, nil
}

// Close ends the link: what is on its way is lost, and the devices are gone. It waits for every goroutine, but not for processes in the
// namespaces. The error is also that of a link that ended by itself.
func (l *Link) Close() error {
	l.close.Do(func() {
		l.cancel()
		l.wg.Wait()
		l.closeErr = errors.Join(l.firstErr, l.release())
	})
	return l.closeErr
}

func (l *Link) release() error {
	var errs []error
	for _, n := range []*Namespace{l.client, l.server} {
		if n != nil {
			errs = append(errs, n.close())
		}
	}
	if l.stop >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(l.stop)))
	}
	return errors.Join(errs...)
}
