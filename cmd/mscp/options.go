package main

import (
	"context"
	"fmt"
	"path/filepath"

	"mscp/internal/transfer"
)

// engineOptions are what the engine is told.
func (c *copier) engineOptions(ctx context.Context, d *dialer, first *lane, j *job, k *checkpoint) (transfer.Options, error) {
	opt := transfer.Options{
		Upload:       c.upload(),
		First:        first,
		OpenLane:     func(ctx context.Context) (transfer.Lane, error) { return d.openLane(ctx) },
		MaxLanes:     c.connections * c.sessions,
		Eager:        c.eager(),
		Login:        d.login,
		Retryable:    retryable,
		Retries:      c.retries,
		RetryTimeout: c.retryTimeout,
		StallTimeout: c.stallTimeout,
		Chunks:       c.policy(),
		Inflight:     c.inflight,
		Limit:        int64(c.limit),
		Preserve:     c.preserve,
		InPlace:      c.inPlace,
		Sync:         c.fsync,
		Counters:     &transfer.Counters{},
		Observer:     c.display,
	}
	if k != nil {
		err := k.begin(c.sys.args, j.land)
		switch {
		case err == nil:
			opt.Journal, opt.State = k.Journal, k.state
		case c.checkpoint != "":
			return opt, err
		default:
			c.noJournal(err)
		}
	}
	var err error
	opt.Verify, err = c.verification(ctx, d.commands, j)
	return opt, err
}

// eager reports whether the user wants as many connections and channels as there are to be.
func (c *copier) eager() bool { return c.changed("connections") || c.changed("sessions") }

// verification is how copies are compared; nil: they are not.
func (c *copier) verification(ctx context.Context, on runner, j *job) (*transfer.Verify, error) {
	if c.verify == verifyOff {
		return nil, nil
	}
	v := &transfer.Verify{LocalPath: func(name string) string { return filepath.Join(j.land.Root, name) }}
	if c.verify == verifyReadback {
		return v, nil
	}
	var err error
	if v.Digests, err = findDigests(ctx, on); err != nil {
		if c.verify == verifyCommand {
			return nil, fmt.Errorf("--verify=command: %w", err)
		}
		c.display.Notice(fmt.Sprintf("files are read back to compare them: %v", err))
	}
	return v, nil
}
