package transfer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mscp/internal/fsys"
)

// Some servers end the connection at a request that they do not like: Erlang's at a MKDIR whose name is not UTF-8. Such a call is not
// repeated on one connection after the other. It is made over a connection of its own, where nothing else can be the reason.

const (
	lossesShared = 2 // connections, shared with others, that a call loses before it gets one of its own
	lossesAlone  = 2 // connections of its own that it loses before it fails
)

// EndsError is a call at which the server ends the connection.
type EndsError struct{}

func (*EndsError) Error() string { return "the server ends each connection at this name" }

// tryAlone makes a call over lanes of its own, one call at a time. Its error is an [EndsError] where the server ends each of them at the call.
// tried is not set where none can be opened, or one is lost before.
func (e *engine) tryAlone(ctx context.Context, op, name string, call func(fsys.FS) error) (tried bool, err error) {
	e.trying.Lock()
	defer e.trying.Unlock()
	for range lossesAlone {
		l, oerr := e.provenLane(ctx)
		if oerr != nil {
			return false, err
		}
		if err = e.callAlone(ctx, l, call); !fsys.Lost(err) {
			return true, err
		}
		if err == errNotAlive || ctx.Err() != nil {
			return false, err
		}
	}
	return true, &fsys.Error{Side: e.remote.side, Op: op, Path: name, Err: &EndsError{}}
}

// errNotAlive is a lane that is lost before anything was asked of it.
var errNotAlive = fmt.Errorf("%w before it was of use", fsys.ErrLost)

// callAlone makes a call over a lane that answers, and closes it.
func (e *engine) callAlone(ctx context.Context, l Lane, call func(fsys.FS) error) error {
	defer l.Close()
	l.Use()
	done := make(chan struct{})
	var guard sync.WaitGroup
	guard.Go(func() { e.guard(ctx, l, done) })
	defer guard.Wait()
	defer close(done)
	if _, err := l.FS().RealPath("."); fsys.Lost(err) {
		return errNotAlive
	}
	return call(l.FS())
}

// guard closes a lane that is not among the others when the copy ends or the lane stalls, until done is closed.
func (e *engine) guard(ctx context.Context, l Lane, done <-chan struct{}) {
	var tick <-chan time.Time
	s, ok := l.FS().(staller)
	if ok && e.StallTimeout > 0 {
		t := time.NewTicker(max(e.StallTimeout/8, 10*time.Millisecond))
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			l.Close()
			return
		case <-tick:
			if s.Stalled(e.StallTimeout) {
				l.Close()
				return
			}
		}
	}
}
