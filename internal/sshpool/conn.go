package sshpool

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Conn is one authenticated SSH connection.
type Conn struct {
	pool *Pool
	id   int

	early *early // nil: not made ahead

	// Guarded by pool.mu.
	users    int // channels that somebody holds or waits for; without any, the connection ends
	channels int // those, and the ones that the server has not yet confirmed closed: they count for MaxSessions
	limit    int // channels at most: Options.Sessions, or what the server has shown to admit

	ready   chan struct{} // closed when dialled
	dialErr error         // before ready
	ssh     ssh.Conn      // before ready; nil after a failed dial
	net     *netConn      // before ready
	stop    context.CancelFunc

	done  chan struct{} // closed when a dialled connection has ended
	cause error         // before done
	shuts sync.Once
}

// newConn returns a connection to dial, with one channel reserved on it.
func newConn(p *Pool, id int) *Conn {
	return &Conn{pool: p, id: id, limit: p.o.Sessions, users: 1, channels: 1,
		ready: make(chan struct{}), done: make(chan struct{})}
}

// ID numbers the connections of a pool from 1; numbers are not used again.
func (c *Conn) ID() int { return c.id }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection has ended; nil before Done is closed. An end that was asked for is ErrClosed.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.cause
	default:
		return nil
	}
}

// Wait waits for the end of the connection and returns Err.
func (c *Conn) Wait() error { <-c.done; return c.cause }

// RemoteAddr is the server's address.
func (c *Conn) RemoteAddr() net.Addr { return c.ssh.RemoteAddr() }

// ServerVersion is the server's identification, such as "SSH-2.0-OpenSSH_9.2p1".
func (c *Conn) ServerVersion() string { return string(c.ssh.ServerVersion()) }

// Algorithms are those of the first key exchange.
func (c *Conn) Algorithms() ssh.NegotiatedAlgorithms {
	if m, ok := c.ssh.(ssh.AlgorithmsConnMetadata); ok {
		return m.Algorithms()
	}
	return ssh.NegotiatedAlgorithms{}
}

// Cipher is the cipher from the client to the server; the other way it is nearly always the same.
func (c *Conn) Cipher() string { return c.Algorithms().Write.Cipher }

// Close ends the connection and with it all of its channels.
func (c *Conn) Close() error { c.shut(ErrClosed); return nil }

// live reports whether the connection is dialled and has not ended.
func (c *Conn) live() bool {
	select {
	case <-c.ready:
	default:
		return false
	}
	select {
	case <-c.done:
		return false
	default:
		return c.dialErr == nil
	}
}

// finishDial publishes the outcome of a dial.
func (c *Conn) finishDial(err error) {
	c.dialErr = err
	if err != nil {
		c.pool.remove(c)
		c.cause = err
		close(c.done)
	}
	close(c.ready)
}

// serve starts the goroutines of a connection that is logged in. They end when it ends.
func (c *Conn) serve(ctx context.Context, chans <-chan ssh.NewChannel, reqs <-chan *ssh.Request) {
	// The connection outlives the Open that dialled it.
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	start := c.pool.running.Go
	c.net.onReadEnd(func() {
		c.pool.remove(c) // it takes no further channel, and does not count
		c.refuse(start)
	})
	start(func() { ssh.DiscardRequests(reqs) }) // answers the server's keepalive requests
	start(func() {
		for ch := range chans {
			_ = ch.Reject(ssh.Prohibited, "mscp accepts no channels") // an error means that the connection has ended
		}
	})
	start(func() { c.keepalive(ctx, start) })
	start(func() {
		err := c.ssh.Wait()
		c.shut(err)
		c.pool.remove(c)
		close(c.done)
		c.pool.o.Log(2, "connection %d: ended: %v", c.id, c.cause)
	})
}

// refuse is called before x/crypto/ssh learns that reading has failed. It would end the requests for channels that it knows
// of, and a moment later refuse further ones; one that is made in between would wait for ever. Nor does it refuse the request
// whose sending fails, only those after it. So we fail one. In a key exchange that waits for its end, which is to
// come when we return.
func (c *Conn) refuse(start func(func())) {
	refused := make(chan struct{})
	start(func() {
		_, _, _ = c.ssh.SendRequest("end@mscp", false, nil) // never sent
		close(refused)
	})
	select {
	case <-refused:
	case <-time.After(abandonAfter):
	}
}

// shut ends the connection; the first cause given is the one reported.
func (c *Conn) shut(cause error) {
	select {
	case <-c.ready:
	default:
		return // being dialled: the context of that Open ends it
	}
	if c.dialErr != nil {
		return
	}
	c.shuts.Do(func() {
		c.cause = cause
		c.stop()
		_ = c.net.Close() // not ssh.Conn.Close: it waits for writes that a dead path never takes
	})
}

// release takes back a reservation whose channel was not opened, or that is closed at the server.
func (c *Conn) release() { c.leave(true, true) }

// leave gives up a user, a channel, or both. The last user ends the connection; it reports whether it was that.
func (c *Conn) leave(user, channel bool) (last bool) {
	p := c.pool
	p.mu.Lock()
	if user {
		c.users--
		if last = c.users == 0 && !p.packed; last {
			p.drop(c) // before anybody else reserves a channel on it
		}
	}
	if channel {
		c.channels--
		p.roomChanged()
	}
	p.mu.Unlock()
	if last {
		c.shut(ErrClosed)
	}
	return last
}

// full lowers the limit to what the server admits, and returns it.
func (c *Conn) full() int {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.limit = max(c.channels-1, 0)
	return c.limit
}

func (p *Pool) remove(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(c)
}

// drop forgets c; p.mu is held.
func (p *Pool) drop(c *Conn) {
	for i, other := range p.conns {
		if other == c {
			p.conns = append(p.conns[:i], p.conns[i+1:]...)
			p.roomChanged()
			return
		}
	}
}

// abandonAfter is how long a request for a channel may outlive its connection. refuse keeps most from doing so for ever,
// but not those at a connection that the server ends with a message.
const abandonAfter = time.Second

func (c *Conn) open(ctx context.Context, o opening) (*Channel, error) {
	select {
	case <-c.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.dialErr != nil {
		return nil, c.dialErr
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if o.timeout > 0 {
		within, cancel = context.WithTimeout(ctx, o.timeout)
	}
	defer cancel()
	type result struct {
		ch  *Channel
		err error
	}
	opened := make(chan result, 1)
	go func() {
		ch, err := o.open(c)
		opened <- result{ch, err}
	}()
	got := make(chan result) // unbuffered: whoever receives owns the channel
	c.pool.running.Go(func() {
		r := result{nil, c.lost(ErrDead)}
		select {
		case r = <-opened:
		case <-c.done:
			select {
			case r = <-opened:
			case <-time.After(abandonAfter):
			}
		}
		ch, err := r.ch, r.err
		select {
		case got <- r:
		case <-within.Done():
			if err == nil {
				_ = ch.ch.Close()
			}
		}
	})
	select {
	case r := <-got:
		return r.ch, r.err
	case <-within.Done():
		if ctx.Err() == nil {
			return nil, o.late
		}
		return nil, ctx.Err()
	}
}

// session opens a session with the SFTP subsystem (RFC 4254 section 6.5).
func (c *Conn) session() (*Channel, error) {
	ch, reqs, err := c.ssh.OpenChannel("session", nil)
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		c.full()
		c.pool.o.Log(1, "connection %d: session refused: %s", c.id, refused.Message)
		return nil, ErrSessionRefused
	}
	if err != nil {
		return nil, c.lost(ErrEnded) // x/crypto says "unexpected packet" of it, or EOF
	}
	channel := newChannel(c, ch, reqs)
	ok, err := ch.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	if err == nil && ok {
		return channel, nil
	}
	_ = ch.Close()
	if err != nil {
		return nil, c.lost(ErrEnded)
	}
	return nil, ErrNoSubsystem
}

// lost is the error of a connection that broke while a channel was opened on it.
func (c *Conn) lost(err error) error {
	return &DialError{Host: c.pool.o.Host.Alias, Addr: c.pool.o.Host.Addr(), Kind: Failed, Err: lostError{err}}
}

type lostError struct{ error }

func (l lostError) Unwrap() error { return l.error }
