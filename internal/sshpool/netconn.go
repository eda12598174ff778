package sshpool

import (
	"bufio"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// readAhead is how much is read from the socket at once. x/crypto/ssh reads through 4 KiB: each of its 32 KiB packets would
// cost two system calls.
const readAhead = 256 << 10

// netConn is the TCP connection under x/crypto/ssh. Only one goroutine reads, as x/crypto/ssh does. Its owner
// runs behind.run, which Close ends.
type netConn struct {
	net.Conn
	r        *bufio.Reader
	behind   *writeBehind
	received atomic.Int64 // bytes
	heard    atomic.Int64 // when the last of them came, in nanoseconds since 1970
	readErr  atomic.Pointer[error]
	readEnds atomic.Pointer[func()]

	// ack acknowledges at once what arrives; nil leaves it to the kernel. A server that leaves Nagle's algorithm on (npm's ssh2)
	// keeps the second of two small packets back until the first is acknowledged, which takes the kernel 40 ms while nothing
	// is sent from here.
	ack atomic.Pointer[func()]
}

func newNetConn(c net.Conn) *netConn {
	n := &netConn{Conn: c, behind: newWriteBehind(c)}
	n.r = bufio.NewReaderSize(counted{n}, readAhead)
	if ack := quickAck(c); ack != nil {
		n.ack.Store(&ack)
	}
	return n
}

func (n *netConn) Read(p []byte) (int, error) { return n.r.Read(p) }

func (n *netConn) Write(p []byte) (int, error) { return n.behind.Write(p) }

func (n *netConn) Close() error {
	n.behind.stop(net.ErrClosed)
	return n.Conn.Close()
}

// broken returns the error that ended reading, or nil.
func (n *netConn) broken() error {
	if err := n.readErr.Load(); err != nil {
		return *err
	}
	return nil
}

// onReadEnd has f called when reading has failed and nothing can be written any more, before the reader is told.
func (n *netConn) onReadEnd(f func()) { n.readEnds.Store(&f) }

// turnsNagleOff reports whether a server is known to send small packets without delay.
func turnsNagleOff(version string) bool {
	return strings.HasPrefix(version, "SSH-2.0-OpenSSH") || strings.HasPrefix(version, "SSH-2.0-dropbear")
}

// counted reads from the socket itself.
type counted struct{ n *netConn }

func (c counted) Read(p []byte) (int, error) {
	got, err := c.n.Conn.Read(p)
	c.n.received.Add(int64(got))
	c.n.heard.Store(time.Now().UnixNano())
	if ack := c.n.ack.Load(); ack != nil { // the kernel falls back to delays by itself
		(*ack)()
	}
	if err != nil {
		c.n.readErr.Store(&err)
		if f := c.n.readEnds.Load(); f != nil {
			c.n.behind.stop(err)
			(*f)()
		}
	}
	return got, err
}
