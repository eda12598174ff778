package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"mscp/internal/progress"
)

// signalled is why a copy was cancelled. It is a context.Canceled.
type signalled struct{ sig syscall.Signal }

func (s *signalled) Error() string        { return fmt.Sprintf("ended by signal %d (%v)", int(s.sig), s.sig) }
func (s *signalled) Is(target error) bool { return target == context.Canceled }

// removed is the end of a command that leaves nothing to go on with.
type removed struct{ error }

func (r *removed) Unwrap() error { return r.error }

// sameSignal is how long a second SIGINT counts as the first one: "timeout -s INT" sends it to the process and to its group.
const sameSignal = 300 * time.Millisecond

// interrupts tells the first signal from a user who does not want to wait.
type interrupts struct{ first time.Time }

// impatient reports whether the process is to end at once.
func (i *interrupts) impatient(sig syscall.Signal, now time.Time) bool {
	if i.first.IsZero() {
		i.first = now
		return false
	}
	return sig == syscall.SIGINT && now.Sub(i.first) >= sameSignal
}

// endings are the signals that end a copy. What was ignored when this process began stays ignored: nohup ignores SIGHUP, and a shell ignores
// SIGINT and SIGQUIT of "&" in a script. Go hides that of SIGQUIT, hence SIGINT stands for both.
func endings(ignored func(os.Signal) bool) (caught []os.Signal) {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !ignored(sig) {
			caught = append(caught, sig)
		}
	}
	if ignored(syscall.SIGINT) {
		signal.Ignore(syscall.SIGQUIT)
		return caught
	}
	return append(caught, syscall.SIGQUIT)
}

// withSignals cancels the context at the first signal that ends a copy: the copy stops, and its partial files stay for the next run. A
// second SIGINT ends the process at once.
func withSignals(ctx context.Context, sys system) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings(signal.Ignored)...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var seen interrupts
		for s := range signals {
			sig := s.(syscall.Signal)
			if seen.impatient(sig, time.Now()) {
				fmt.Fprintln(sys.stderr) // the cursor may stand on the progress line
				os.Exit(128 + int(sig))
			}
			cancel(&signalled{sig})
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel(nil)
	}
}

// tellStatus shows where the copy stands at each SIGUSR1, until the returned function is called.
func tellStatus(d *progress.Display) (stop func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	var teller sync.WaitGroup
	teller.Go(func() {
		for range asked {
			d.Status()
		}
	})
	return func() {
		signal.Stop(asked)
		close(asked)
		teller.Wait()
	}
}
