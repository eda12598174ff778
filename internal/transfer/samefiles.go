package transfer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"mscp/internal/fsys"
)

// A name may lead to several machines: by DNS round robin, or by a balancer before login nodes. Each may have files of its own below the
// same path. So a further lane, or one that replaces a lost one, is used only after it has shown that it sees the same files as
// those before it (docs/design/same-files.md).

// OtherFilesError is a lane that does not see the files that the first lane sees, or cannot show that it does.
type OtherFilesError struct {
	Side string
	What string // what tells
}

func (e *OtherFilesError) Error() string {
	return fmt.Sprintf("%s: the connection leads to another machine than the first one, or to other files: %s", e.Side, e.What)
}

// evidence is what a lane has to see. Its error is an [OtherFilesError], or that of a lost lane.
type evidence func(r Remote) error

// sameFiles is what the engine remembers for the proof.
type sameFiles struct {
	making     sync.Mutex // held while evidence is made
	unmarkable bool       // the server makes no marker, or the root has its times; under making

	mark   marker
	traces traces
	number fsNumber
}

// provenLane opens a lane and has it prove that it sees the same files. The evidence is made meanwhile, over a lane at work: a login takes
// longer.
func (e *engine) provenLane(ctx context.Context) (Lane, error) {
	made := make(chan evidence, 1)
	e.lanes.wg.Go(func() { made <- e.evidence() })
	l, err := e.OpenLane(ctx)
	if err != nil {
		return nil, err
	}
	shows := <-made // not within the lane's limit: the lane that makes it may fall silent
	if err := e.within(ctx, l, func() error { return e.prove(l, shows) }); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

const proofTries = 2

// prove asks twice: what is asked for may be gone meanwhile. A lane on a connection that is in use needs no proof.
func (e *engine) prove(l Lane, shows evidence) error {
	if e.shares(l.Conn()) {
		return nil
	}
	err := shows(l.FS())
	for try := 1; try < proofTries && errors.As(err, new(*OtherFilesError)); try++ {
		err = e.evidence()(l.FS())
	}
	return err
}

// within does something over a lane that is not at work yet. The lane is closed when ctx ends or StallTimeout is over.
func (e *engine) within(ctx context.Context, l Lane, do func() error) error {
	bound, cancel := ctx, context.CancelFunc(func() {})
	if e.StallTimeout > 0 {
		late := fmt.Errorf("%w: no answer within %v", fsys.ErrLost, e.StallTimeout)
		bound, cancel = context.WithTimeoutCause(ctx, e.StallTimeout, late)
	}
	defer cancel()
	stop := context.AfterFunc(bound, func() { l.Close() })
	err := do()
	if !stop() {
		return context.Cause(bound)
	}
	return err
}

// evidence makes what further lanes have to see, over a lane at work. Where there is none, what lost ones have left has to do.
func (e *engine) evidence() evidence {
	s := &e.same
	s.making.Lock()
	defer s.making.Unlock()
	for {
		if name := s.mark.name(); name != "" {
			return e.seesMark(name)
		}
		if e.queue.done() {
			return func(Remote) error { return context.Canceled }
		}
		l := e.live()
		if l == nil {
			return e.seesTraces
		}
		if e.Upload && !s.unmarkable {
			if err := e.makeMark(l); err != nil {
				l.retireIfLost(err)
				s.unmarkable = !fsys.Lost(err)
			}
			continue
		}
		want, err := e.look(l.fs)
		if err == nil {
			return e.seesLook(want)
		}
		l.retire(err)
	}
}

func (l *lane) retireIfLost(err error) {
	if fsys.Lost(err) {
		l.retire(err)
	}
}

// live returns a lane at work, or nil.
func (e *engine) live() *lane {
	for _, w := range e.working() {
		if !w.lost.Load() {
			return w
		}
	}
	return nil
}

// shares tells whether a lane at work runs on that connection.
func (e *engine) shares(conn int) bool {
	for _, w := range e.working() {
		if !w.lost.Load() && w.Conn() == conn {
			return true
		}
	}
	return false
}
