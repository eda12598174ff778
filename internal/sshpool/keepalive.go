package sshpool

import (
	"context"
	"time"
)

// keepalive gives the connection up when nothing has come from the server for ServerAliveInterval times
// ServerAliveCountMax, though it was asked (keepalive@openssh.com, OpenSSH PROTOCOL section 2; any server answers an
// unknown request, if only with a refusal). While data comes in, nothing is asked.
func (c *Conn) keepalive(ctx context.Context, start func(func())) {
	h := c.pool.o.Host
	if h.ServerAliveInterval <= 0 {
		return
	}
	interval, most := h.ServerAliveInterval, h.ServerAliveCountMax
	if often := c.pool.o.Alive; often > 0 && often < interval {
		interval, most = often, int(interval*time.Duration(most)/often)
	}
	// A request waits for its answer, and on a full send buffer for room: the counting must go on meanwhile.
	ask := make(chan struct{}, 1)
	defer close(ask)
	start(func() {
		for range ask {
			_, _, _ = c.ssh.SendRequest("keepalive@openssh.com", true, nil) // an answer shows as data received
		}
	})
	silent, seen := 0, c.net.received.Load()
	for c.pool.o.Clock.Sleep(ctx, interval) == nil {
		if now := c.net.received.Load(); now != seen {
			silent, seen = 0, now
			continue
		}
		if silent++; silent > most {
			c.pool.o.Log(1, "connection %d: no answer to %d keepalive requests", c.id, most)
			c.shut(ErrDead)
			return
		}
		select {
		case ask <- struct{}{}:
		default: // the last one is unanswered
		}
	}
}
