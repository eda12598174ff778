package sftpwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed means that the channel has ended: the fate of the requests under way is unknown.
var ErrClosed = errors.New("SFTP channel closed")

// ProtocolError tells what a server did that the protocol forbids. The channel is closed after it.
type ProtocolError struct{ What string }

func (e *ProtocolError) Error() string { return "the server broke the SFTP protocol: " + e.What }

const (
	ourIDs = 1 << 31 // pkg/sftp counts its ids up from 1

	// maxReply bounds what a server can make us hold for one reply that is not file data. OpenSSH's own
	// bound on a packet is 256 KiB (SFTP_MAX_MSG_LENGTH).
	maxReply = 256 << 10
)

// Conn is one SFTP channel, shared with a pkg/sftp client that reads and writes through it.
type Conn struct {
	ch io.ReadWriteCloser

	// The reading side belongs to the one goroutine that calls Read.
	head []byte // of a packet for pkg/sftp: read already, not yet handed over
	body uint32 // of that packet: bytes still in the channel
	hdr  [9]byte

	out sendBuffer

	mu       sync.Mutex
	pending  map[uint32]*call
	foreign  map[uint32]time.Time // when pkg/sftp's requests were sent, by id
	lastID   uint32
	err      error                // set once: why the channel ended
	answered time.Time            // when the latest request that has an answer was sent
	handles  map[string][]*Handle // open, by what the server calls them

	listings atomic.Int32 // open now

	heard atomic.Int64 // when something was last read, in nanoseconds since 1970
}

// New makes a Conn of a channel on which the "sftp" subsystem runs. The caller then makes a pkg/sftp client over
// it (NewClientPipe(c, c)), whose receive loop reads for both, and only then calls the methods of Conn.
func New(ch io.ReadWriteCloser) *Conn {
	return &Conn{ch: ch, out: sendBuffer{w: ch}, pending: make(map[uint32]*call), foreign: make(map[uint32]time.Time), handles: make(map[string][]*Handle)}
}

// Read hands packets that are not ours to pkg/sftp, and deals with ours on the way.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.head) == 0 && c.body == 0 {
		if err := c.nextPacket(); err != nil {
			c.fail(err)
			return 0, err
		}
	}
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	n, err := c.read(p[:min(len(p), int(c.body))])
	c.body -= uint32(n)
	if err != nil {
		c.fail(err)
	}
	return n, err
}

// read reads from the channel, and remembers when.
func (c *Conn) read(p []byte) (int, error) {
	n, err := c.ch.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// heard is the channel as an io.Reader.
type heard struct{ c *Conn }

func (h heard) Read(p []byte) (int, error) { return h.c.read(p) }

const (
	typeInit    = 1
	typeVersion = 2
)

// nextPacket reads the head of a packet, and all of it where it answers one of our requests.
func (c *Conn) nextPacket() error {
	if _, err := io.ReadFull(heard{c}, c.hdr[:5]); err != nil {
		return err
	}
	length, typ := binary.BigEndian.Uint32(c.hdr[:4]), c.hdr[4]
	if length < 5 { // type and id
		return &ProtocolError{fmt.Sprintf("a packet of %d bytes", length)}
	}
	if typ == typeVersion {
		c.head, c.body = c.hdr[:5], length-1
		return nil
	}
	if _, err := io.ReadFull(heard{c}, c.hdr[5:9]); err != nil {
		return err
	}
	id := binary.BigEndian.Uint32(c.hdr[5:9])
	if id < ourIDs {
		c.foreignAnswered(id)
		c.head, c.body = c.hdr[:9], length-5
		return nil
	}
	k, ok := c.take(id)
	if !ok {
		return &ProtocolError{fmt.Sprintf("a reply to request %d, which mscp did not send", id)}
	}
	err := k.receive(heard{c}, typ, length-5)
	if err != nil {
		k.err = fmt.Errorf("%w: %w", ErrClosed, err)
	} else {
		c.track(k)
	}
	k.done <- struct{}{}
	return err
}

// take removes a call from those pending: from then on its buffer belongs to the reader until it is done.
func (c *Conn) take(id uint32) (*call, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.pending[id]
	delete(c.pending, id)
	if ok && k.sent.After(c.answered) {
		c.answered = k.sent
	}
	return k, ok
}

// foreignSent notes a request of pkg/sftp, which stalls as ours do. p is the first piece of its packet.
func (c *Conn) foreignSent(p []byte) {
	if len(p) < 9 || p[4] == typeInit { // INIT has no id
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.foreign[binary.BigEndian.Uint32(p[5:])] = time.Now()
}

func (c *Conn) foreignAnswered(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sent := c.foreign[id]; sent.After(c.answered) {
		c.answered = sent
	}
	delete(c.foreign, id)
}

// fail ends every call that still waits. The first reason stays.
func (c *Conn) fail(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = fmt.Errorf("%w: %w", ErrClosed, reason)
	}
	for id, k := range c.pending {
		delete(c.pending, id)
		k.err = c.err
		k.done <- struct{}{}
	}
}

// Err returns why the channel has ended, nil while it lives.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Write takes the requests of pkg/sftp, whole packets in one or more calls.
func (c *Conn) Write(p []byte) (int, error) {
	if c.out.owed == 0 {
		c.foreignSent(p)
	}
	n, err := c.out.foreign(p)
	if err != nil {
		c.fail(err)
		c.ch.Close()
	}
	return n, err
}

// Close ends the channel and every call on it.
func (c *Conn) Close() error {
	err := c.ch.Close()
	c.fail(io.EOF)
	return err
}

// do sends the calls back to back, then waits for all of them. It returns the first error in their order; each
// call has its own.
func (c *Conn) do(calls ...*call) error {
	if err := c.send(calls); err != nil {
		return err
	}
	return await(calls)
}

// send sends calls; without an error each will be done, if only because the channel has ended.
func (c *Conn) send(calls []*call) error {
	if err := c.register(calls, time.Now()); err != nil {
		return err
	}
	if err := c.out.send(calls); err != nil {
		c.fail(err)
		c.ch.Close() // for a reply that is half received
	}
	return nil
}

// await waits for calls that were sent, and returns the first one's error that has one.
func await(calls []*call) error {
	var first error
	for _, k := range calls {
		<-k.done
		if first == nil {
			first = k.err
		}
	}
	return first
}

// register gives each call an id, under which its reply is awaited.
func (c *Conn) register(calls []*call, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		for _, k := range calls {
			k.err = c.err
		}
		return c.err
	}
	for _, k := range calls {
		c.lastID++
		id := c.lastID | ourIDs
		k.setID(id)
		k.sent = now
		c.pending[id] = k
	}
	return nil
}
