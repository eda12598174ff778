package faultproxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// link is one connection at work.
type link struct {
	Fault
	ctx            context.Context
	client, server *net.TCPConn

	darken sync.Once
	dark   chan struct{} // closed when nothing passes any more
}

// pump moves one direction until it ends.
func (l *link) pump(dir Direction, to, from *net.TCPConn) {
	buf := make([]byte, 32<<10)
	for passed := int64(0); ; {
		n, err := from.Read(buf)
		if n > 0 && !l.pass(dir, to, buf[:n], passed) {
			return
		}
		passed += int64(n)
		if err != nil {
			_ = to.CloseWrite()
			if err != io.EOF {
				_ = to.Close()
			}
			return
		}
	}
}

// pass sends a piece on, of a direction in which passed bytes went before it. It returns false at the direction's end.
func (l *link) pass(dir Direction, to *net.TCPConn, p []byte, passed int64) bool {
	l.slow(len(p))
	strikes := l.Kind != None && dir == l.Dir && passed+int64(len(p)) > l.At && passed <= l.At
	if !strikes {
		return l.send(to, p)
	}
	at := l.At - passed
	if l.Kind == BitFlip {
		p[at] ^= 0x10
		return l.send(to, p)
	}
	if !l.send(to, p[:at]) {
		return false
	}
	switch l.Kind {
	case Reset:
		for _, c := range []*net.TCPConn{l.client, l.server} {
			_ = c.SetLinger(0)
			_ = c.Close()
		}
	case HalfClose:
		_ = to.CloseWrite()
		l.swallow(dir)
	case BlackHole:
		l.darken.Do(func() { close(l.dark) })
		l.swallow(dir)
	}
	return false
}

// send writes unless the link has gone dark; what comes then is lost in silence.
func (l *link) send(to *net.TCPConn, p []byte) bool {
	select {
	case <-l.dark:
		return true
	default:
	}
	_, err := to.Write(p)
	return err == nil
}

// swallow takes what still comes in a direction, until the connection is closed.
func (l *link) swallow(dir Direction) {
	from := l.client
	if dir == Down {
		from = l.server
	}
	_, _ = io.Copy(io.Discard, from)
}

// slow waits as long as the fault says that n bytes take.
func (l *link) slow(n int) {
	d := l.Delay
	if l.Rate > 0 {
		d += time.Duration(int64(n) * int64(time.Second) / l.Rate)
	}
	if d == 0 {
		return
	}
	select {
	case <-l.ctx.Done():
	case <-time.After(d):
	}
}
