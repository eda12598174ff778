package sshpool

import (
	"encoding/binary"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// closeGrace is how long the server may take to confirm the end of a channel on a connection that others still use.
// Only the server's answer unblocks the readers and writers of an x/crypto/ssh channel; without one the
// connection is given up.
const closeGrace = 10 * time.Second

// Channel is the standard input and output of an SFTP server: one SSH channel. One goroutine may read and one may
// write at a time.
type Channel struct {
	ch     ssh.Channel
	conn   *Conn
	ended  chan struct{} // closed when both sides have closed the channel
	closes sync.Once

	status atomic.Int64
}

func newChannel(c *Conn, ch ssh.Channel, reqs <-chan *ssh.Request) *Channel {
	channel := &Channel{ch: ch, conn: c, ended: make(chan struct{})}
	channel.status.Store(-1)
	c.pool.running.Go(func() { channel.serve(reqs) })
	// Unread, the standard error would use up the window and stop the server.
	c.pool.running.Go(func() { _, _ = io.Copy(io.Discard, ch.Stderr()) })
	return channel
}

// Read reads what the SFTP server writes. At its end it returns io.EOF.
func (c *Channel) Read(p []byte) (int, error) { return c.ch.Read(p) }

// Write waits for room in the channel's window.
func (c *Channel) Write(p []byte) (int, error) { return c.ch.Write(p) }

// Conn is the connection that the channel runs on.
func (c *Channel) Conn() *Conn { return c.conn }

// Heard is when the connection last gave a sign of life, over whichever channel.
func (c *Channel) Heard() time.Time { return time.Unix(0, c.conn.net.heard.Load()) }

// Done is closed when the channel has ended on both sides.
func (c *Channel) Done() <-chan struct{} { return c.ended }

// ExitStatus is the SFTP server's, or -1 while it is not known.
func (c *Channel) ExitStatus() int { return int(c.status.Load()) }

// Close ends the channel, and the connection if it was its last one. Readers and writers return: at once with the
// connection, otherwise when the server confirms, or after closeGrace with the connection.
func (c *Channel) Close() error {
	c.closes.Do(func() {
		select {
		case <-c.conn.done: // perhaps together with the pool, which then waits for nobody any more
			c.conn.leave(true, true)
			return
		default:
		}
		if c.conn.leave(true, false) {
			return
		}
		if !c.conn.pool.spawn(c.finish) { // the pool is closed, and ends all
			c.conn.leave(false, true)
		}
	})
	return nil
}

func (c *Channel) finish() {
	defer c.conn.leave(false, true)
	c.conn.pool.running.Go(func() { _ = c.ch.Close() }) // may block as long as the path takes no bytes
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-c.ended:
	case <-c.conn.done:
	case <-grace.C:
		c.conn.shut(ErrDead)
	}
}

// serve takes the server's requests, of which only the exit status matters (RFC 4254 section 6.10).
func (c *Channel) serve(reqs <-chan *ssh.Request) {
	defer close(c.ended)
	for r := range reqs {
		if r.Type == "exit-status" && len(r.Payload) >= 4 {
			c.status.Store(int64(binary.BigEndian.Uint32(r.Payload)))
		}
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
	}
}

var _ io.ReadWriteCloser = (*Channel)(nil)
