package fsys

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// gate bounds what the local side takes of the process: threads, for each call that waits for a disk holds one and Go ends a program at 10000
// of them, and open files. All that have the same gate share its bounds.
type gate struct {
	calls *tickets

	// Files and listings have bounds of their own, so that neither keeps the other from going on. Where nothing is closed for
	// ticketPatience one goes on without a place: those that have one may be waiting for it. Sockets and pipes have the rest of the limit.
	files, listings chan struct{}

	closed atomic.Int64 // files and listings that were closed
	lent   atomic.Int64 // when one last went on without a place, in nanoseconds since 1970
}

const (
	ticketPatience = 2 * time.Second
	// filePatience is how long a call goes on trying while the process or the system has no file left, and none of ours is closed.
	filePatience = 30 * time.Second
	firstRetry   = 5 * time.Millisecond
	lastRetry    = 200 * time.Millisecond
)

func newGate(l limits) *gate {
	return &gate{calls: newTickets(l.calls), files: make(chan struct{}, l.files), listings: make(chan struct{}, l.listings)}
}

// take waits for one of the places in a bound, and returns how to give it back.
func (g *gate) take(places chan struct{}) (free func()) {
	taken := g.wait(places)
	return func() {
		g.closed.Add(1)
		if taken {
			<-places
		}
	}
}

// wait takes a place. It returns false for one that may go on without.
func (g *gate) wait(places chan struct{}) (taken bool) {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	closed := g.closed.Load()
	late := time.NewTicker(ticketPatience)
	defer late.Stop()
	for {
		select {
		case places <- struct{}{}:
			return true
		case now := <-late.C:
			before, last := closed, g.lent.Load()
			closed = g.closed.Load()
			stuck := closed == before && now.UnixNano()-last >= int64(ticketPatience)
			if stuck && g.lent.CompareAndSwap(last, now.UnixNano()) {
				return false
			}
		}
	}
}

// outOfFiles tells whether there was no file descriptor left, in the process or in the system.
func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// call makes a call that may wait for a disk, again as long as there is no file descriptor left for it.
func (g *gate) call(do func() error) error {
	closed, begun := g.closed.Load(), time.Now()
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		g.calls.take()
		err := do()
		g.calls.free()
		if !outOfFiles(err) {
			return err
		}
		if now := g.closed.Load(); now != closed {
			closed, begun = now, time.Now()
		}
		if time.Since(begun) > filePatience {
			return err
		}
		time.Sleep(pause)
	}
}

// open is call for what stays open.
func (g *gate) open(do func() (*os.File, error)) (f *os.File, err error) {
	err = g.call(func() error {
		f, err = do()
		return err
	})
	return f, err
}
