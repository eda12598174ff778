package main

import (
	"context"
	"slices"
	"sync"

	"mscp/internal/fsys"
)

// commandsAtOnce is how many commands run at a time: each takes a session beside those of the lanes, and sshd admits 10 on a
// connection (MaxSessions).
const commandsAtOnce = 4

// commands runs commands on the server over whichever connection there is: any may be lost, and replaced.
type commands struct {
	slots chan struct{}

	mu    sync.Mutex
	lanes []*lane       // open, the newest last
	added chan struct{} // closed when there is another lane
}

func newCommands() *commands {
	return &commands{slots: make(chan struct{}, commandsAtOnce), added: make(chan struct{})}
}

func (c *commands) add(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes = append(c.lanes, l)
	close(c.added)
	c.added = make(chan struct{})
}

func (c *commands) remove(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes = slices.DeleteFunc(c.lanes, func(x *lane) bool { return x == l })
}

// newest is nil where no lane is open; added tells of the next one.
func (c *commands) newest() (l *lane, added <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.lanes); n > 0 {
		l = c.lanes[n-1]
	}
	return l, c.added
}

// Exec implements runner. A command whose connection is lost is run again on another one.
func (c *commands) Exec(ctx context.Context, command, stdin string) (string, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	for {
		l, added := c.newest()
		if l == nil {
			select {
			case <-added:
				continue
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		out, err := l.Exec(ctx, command, stdin)
		if ctx.Err() != nil || !fsys.Lost(err) {
			return out, err
		}
		c.remove(l)
	}
}

// Exec implements runner with this lane's connection. The error of a command does not tell a lost connection from a server that refuses
// it, hence the question.
func (l *lane) Exec(ctx context.Context, command, stdin string) (string, error) {
	out, err := l.channel.Exec(ctx, command, stdin)
	if err != nil && ctx.Err() == nil {
		if _, lost := l.sftp.Stat(""); fsys.Lost(lost) {
			return "", lost
		}
	}
	return out, err
}
