package main

import (
	"context"
	"fmt"

	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/transfer"
)

// engineOptions are what the engine is told.
func (c *copier) engineOptions(d *dialer) transfer.Options {
	return transfer.Options{
		Upload:       c.upload(),
		OpenLane:     func(ctx context.Context) (transfer.Lane, error) { return d.openLane(ctx) },
		MaxLanes:     c.connections * c.sessions,
		Eager:        c.eager(),
		Retryable:    retryable,
		Retries:      c.retries,
		RetryTimeout: c.retryTimeout,
		StallTimeout: c.stallTimeout,
		Chunks:       c.policy(),
		Inflight:     c.inflight,
		Limit:        int64(c.limit),
		Preserve:     c.preserve,
		InPlace:      c.inPlace,

		SkipUnchanged: c.skipUnchanged,
		Sync:          c.fsync,
		Counters:      &transfer.Counters{},
		Observer:      c.display,
	}
}

// eager reports whether the user wants as many connections and channels as there are to be.
func (c *copier) eager() bool { return c.changed("connections") || c.changed("sessions") }

// verification is how copies are compared; nil: they are not. What the server can do is tried over the first lane.
func (c *copier) verification(ctx context.Context, d *dialer, first *lane, j *job) (*transfer.Verify, error) {
	if c.verify == verifyOff {
		return nil, nil
	}
	v := &transfer.Verify{LocalPath: func(name string) string { return bytepath.Join(j.land.Root, name) }}
	if c.verify == verifyReadback {
		return v, nil
	}
	tool, err := d.tryDigests(ctx, first)
	switch {
	case err == nil:
		v.Digests = &digests{d.commands, *tool}
	case fsys.Lost(err) || ctx.Err() != nil:
		return nil, err
	case c.verify == verifyCommand:
		return nil, fmt.Errorf("--verify=command: %w", err)
	default:
		c.display.Notice(fmt.Sprintf("mscp reads files back to compare them: %v", err))
	}
	return v, nil
}
