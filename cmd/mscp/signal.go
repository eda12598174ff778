package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// signalled is why a copy was cancelled. It is a context.Canceled.
type signalled struct{ sig syscall.Signal }

func (s *signalled) Error() string        { return fmt.Sprintf("ended by signal %d (%v)", int(s.sig), s.sig) }
func (s *signalled) Is(target error) bool { return target == context.Canceled }

// removed is the end of a command that leaves nothing to go on with.
type removed struct{ error }

func (r *removed) Unwrap() error { return r.error }

// withSignals cancels the context at the first SIGINT, SIGTERM or SIGHUP: the copy stops, and its partial files stay for the next run. A
// second SIGINT ends the process at once.
func withSignals(ctx context.Context, sys system) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		stopped := false
		for s := range signals {
			sig := s.(syscall.Signal)
			if stopped && sig == syscall.SIGINT {
				fmt.Fprintln(sys.stderr) // the cursor may stand on the progress line
				os.Exit(128 + int(sig))
			}
			stopped = true
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
