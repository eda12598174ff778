package sftpwire

import "time"

// readFactor is how many times the limit a READ may wait on a connection that gives signs of life: a file on tape comes to disk first.
const readFactor = 10

// signs is a channel that knows of its connection's signs of life.
type signs interface{ Heard() time.Time }

// Stalled tells whether a request has waited for longer than limit while nothing came at all, or while requests that were sent that much
// later have been answered. A READ, and what was sent after it, may wait for longer while the connection is alive.
func (c *Conn) Stalled(limit time.Duration) bool {
	alive := c.alive(limit)
	c.mu.Lock()
	defer c.mu.Unlock()
	var oldest, read time.Time
	for _, k := range c.pending {
		oldest = earlier(oldest, k.sent)
		if k.req[4] == typeRead {
			read = earlier(read, k.sent)
		}
	}
	for _, sent := range c.foreign {
		oldest = earlier(oldest, sent)
	}
	if oldest.IsZero() {
		return false
	}
	if alive && !read.IsZero() && !oldest.Before(read) {
		limit *= readFactor
	}
	silent := time.Since(oldest) > limit && time.Since(time.Unix(0, c.heard.Load())) > limit
	return silent || c.answered.Sub(oldest) > limit
}

// alive tells whether the connection under the channel has given a sign of life within limit.
func (c *Conn) alive(limit time.Duration) bool {
	s, ok := c.ch.(signs)
	return ok && time.Since(s.Heard()) < limit
}

// earlier is the earlier one of two times; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
