package sshserver

import (
	"bufio"
	"io"
	"net"
	"sync"
)

// readAhead is the buffer under x/crypto/ssh, whose own of 4 KiB costs two system calls for each packet of 32 KiB.
const readAhead = 256 << 10

// wire is the connection below SSH: it reads ahead, and it fails as its Line says.
type wire struct {
	net.Conn
	ahead *bufio.Reader
}

func newWire(c net.Conn, line Line) net.Conn {
	if line != (Line{}) {
		c = &badLine{Conn: c, line: line}
	}
	return &wire{c, bufio.NewReaderSize(c, readAhead)}
}

func (w *wire) Read(p []byte) (int, error) { return w.ahead.Read(p) }

// badLine is a connection that is cut, or goes silent, after a number of bytes.
type badLine struct {
	net.Conn
	line Line

	mu    sync.Mutex
	bytes int64 // passed so far
}

// allow counts up to n bytes as passed and says how many, whether the connection is cut after them, and whether it
// has gone silent before them.
func (b *badLine) allow(n int) (pass int, cut, silent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := int64(n)
	if b.line.StallAfter > 0 {
		left = min(left, b.line.StallAfter-b.bytes)
		silent = left == 0
	}
	if b.line.CutAfter > 0 {
		left = min(left, b.line.CutAfter-b.bytes)
		cut = left == b.line.CutAfter-b.bytes
	}
	b.bytes += left
	return int(left), cut, silent
}

func (b *badLine) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if n == 0 {
		return 0, err
	}
	n, cut, silent := b.allow(n)
	switch {
	case cut:
		_ = b.Close()
	case silent:
		return b.discard(p)
	}
	return n, err
}

func (b *badLine) Write(p []byte) (int, error) {
	n, cut, silent := b.allow(len(p))
	if silent {
		return len(p), nil
	}
	wrote, err := b.Conn.Write(p[:n])
	if cut {
		_ = b.Close()
	}
	if err == nil && n < len(p) && cut {
		err = io.ErrClosedPipe
	}
	if err == nil {
		wrote = len(p) // what is beyond a stall is lost in silence
	}
	return wrote, err
}

// discard takes what comes, and gives nothing, until the connection is closed.
func (b *badLine) discard(p []byte) (int, error) {
	for {
		if _, err := b.Conn.Read(p); err != nil {
			return 0, err
		}
	}
}
