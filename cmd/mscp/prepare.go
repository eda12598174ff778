package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mscp/internal/fsys"
	"mscp/internal/sshpool"
	"mscp/internal/transfer"
)

// prepareTries is how often a connection may be lost before the copy has begun. From then on the engine replaces lanes, as long as the
// copy moves.
const prepareTries = 3

// prepare opens the first lane, settles what lands where, and makes the destination's root. What is settled stays so when the connection
// is lost: a root that was made before would otherwise change where a directory lands.
func (c *copier) prepare(ctx context.Context, d *dialer) (j *job, opt transfer.Options, cleanup func(), err error) {
	opt = c.engineOptions(d)
	asked := false
	first, err := c.open(ctx, d, func(first *lane) (err error) {
		if asked {
			j.use(first.FS(), c.upload())
		} else if j, err = c.decide(d, first, &opt); err != nil {
			return err
		}
		if opt.Verify, err = c.verification(ctx, d, first, j); err != nil {
			return err
		}
		if err := first.sftp.Ready(); err != nil {
			return &startError{host: d.side, err: err}
		}
		d.opened(first)
		if cleanup == nil { // it may have been made before the connection was lost
			asked = true // by now the root may be there, and would change where things land
			cleanup, err = j.destination(&opt)
		}
		return err
	})
	if err != nil {
		if cleanup != nil {
			cleanup()
		}
		return nil, opt, nil, err
	}
	opt.First, opt.Login = first, d.login
	return j, opt, cleanup, nil
}

// decide plans, and opens the job's journal.
func (c *copier) decide(d *dialer, first *lane, opt *transfer.Options) (*job, error) {
	j, err := c.plan(first.FS())
	if err != nil {
		return nil, err
	}
	if !c.dryRun || c.checkpoint != "" {
		err = c.begin(d, j, opt)
	}
	if err == nil {
		err = c.refuseSelfCopy(j)
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

// begin opens the job's journal and writes the plan's outcome to it.
func (c *copier) begin(d *dialer, j *job, opt *transfer.Options) error {
	id, err := c.identity(d.host, j)
	if err != nil { // there is no working directory any more
		c.noJournal(err)
		return nil
	}
	opt.Job = id.work
	if err := c.useJournal(id); err != nil || c.journal == nil {
		return err
	}
	if err := c.lookAtOthers(j, id); err != nil {
		return err
	}
	opt.OtherPort = c.journal.rec.Host != "" && c.journal.rec.Host != id.host
	switch err := c.journal.begin(c.sys.args, j.land, c.dryRun); {
	case err == nil:
		opt.Journal, opt.State, opt.Abandoned = c.journal.Journal, c.journal.state, c.journal.left
	case c.checkpoint != "":
		return err
	default:
		c.noJournal(err)
	}
	return nil
}

// open opens the first lane and does with it what comes before the copy. Where the connection is lost meanwhile or falls silent, both are
// done again.
func (c *copier) open(ctx context.Context, d *dialer, do func(*lane) error) (*lane, error) {
	for try := 1; ; try++ {
		first, err := d.open(ctx)
		lost := brokeAtStart(err)
		if err == nil {
			if err = d.guarded(ctx, first, do); err == nil {
				return first, nil
			}
			first.Close()
			lost = fsys.Lost(err)
		}
		if !lost || try == prepareTries {
			return nil, err
		}
		c.display.Notice(fmt.Sprintf("the connection was lost before the copy began, and mscp tries again: %v", err))
	}
}

// brokeAtStart tells a connection that broke while its SFTP session began from a server that starts none.
func brokeAtStart(err error) bool {
	start, ok := errors.AsType[*startError](err)
	return ok && start.died || sshpool.Lost(err)
}

// guarded does something over one lane, which it closes when ctx ends or the server does not answer: then that fails too.
func (d *dialer) guarded(ctx context.Context, l *lane, do func(*lane) error) error {
	done := make(chan struct{})
	silent := false
	var guard sync.WaitGroup
	guard.Go(func() { silent = d.watch(ctx, l, done) })
	err := do(l)
	close(done)
	guard.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case silent: // though nobody may have needed the answer
		return fmt.Errorf("%w: no answer within %v", cmp.Or(err, fsys.ErrLost), d.stall)
	}
	return err
}

// watch closes the lane, unless done is closed before, and reports whether it was for its silence.
func (d *dialer) watch(ctx context.Context, l *lane, done <-chan struct{}) (silent bool) {
	var tick <-chan time.Time
	if d.stall > 0 {
		t := time.NewTicker(max(d.stall/8, 10*time.Millisecond))
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-done:
			return false
		case <-ctx.Done():
			l.Close()
			return false
		case <-tick:
			if l.sftp.Stalled(d.stall) {
				l.Close()
				return true
			}
		}
	}
}
