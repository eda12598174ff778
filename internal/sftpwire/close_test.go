package sftpwire

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCloseEndsEveryCall(t *testing.T) {
	c, client, p := newPeer(t)
	var waiting []<-chan error
	for _, k := range everyCall {
		waiting = append(waiting, async(func() error { return k.call(c, &Handle{c: c, h: "h"}) }))
		p.next()
	}
	theirs := async(func() error { _, err := client.Stat("x"); return err })
	p.next()
	require.NoError(t, c.Close())
	for _, w := range waiting {
		require.ErrorIs(t, <-w, ErrClosed)
	}
	require.Error(t, <-theirs)
	require.ErrorIs(t, c.Err(), ErrClosed)
}

// The reader is inside the caller's buffer: the call must not return before the reader has left it.
func TestCloseInsideReply(t *testing.T) {
	c, _, p := newPeer(t)
	buf := make([]byte, 100)
	done := async(func() error { _, err := (&Handle{c: c, h: "h"}).ReadAt(buf, 0); return err })
	reply := frame(typeData, p.next().id, str(string(make([]byte, 100))))
	_, err := p.ch.Write(reply[:50])
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-done, ErrClosed)
	clear(buf) // a race where the reader goes on
}

// A request that is stuck in a full window must not keep the channel from being closed.
func TestCloseWhileSending(t *testing.T) {
	c, client, p := newPeer(t)
	ours := async(func() error { _, err := (&Handle{c: c, h: "h"}).WriteAt(make([]byte, 100_000), 0); return err })
	_, err := p.ch.Read(make([]byte, 1)) // and no further
	require.NoError(t, err)
	theirs := async(func() error { _, err := client.Stat("x"); return err })
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-ours, ErrClosed)
	require.Error(t, <-theirs)
}

func TestServerEnds(t *testing.T) {
	for _, part := range []int{0, 3, 5, 9, 12, 15} {
		c, _, p := newPeer(t)
		done := async(func() error { _, err := (&Handle{c: c, h: "h"}).ReadAt(make([]byte, 8), 0); return err })
		reply := frame(typeData, p.next().id, str("12345678"))
		_, err := p.ch.Write(reply[:part])
		require.NoError(t, err)
		require.NoError(t, p.ch.Close())
		require.ErrorIs(t, <-done, ErrClosed, "%d bytes of a reply", part)
	}
}

// brokenWriter takes so many bytes; then writing fails while reading still waits.
type brokenWriter struct {
	io.ReadWriteCloser
	left int
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left < len(p) {
		return 0, io.ErrClosedPipe
	}
	b.left -= len(p)
	return b.ReadWriteCloser.Write(p)
}

func TestWriteErrorClosesTheChannel(t *testing.T) {
	c, _, p := newPeer(t)
	waiting := async(func() error { return (&Handle{c: c, h: "h"}).Close() })
	p.next()
	c.out.mu.Lock()
	c.out.w = &brokenWriter{c.ch, 0}
	c.out.mu.Unlock()
	_, err := (&Handle{c: c, h: "h"}).ReadAt(make([]byte, 8), 0)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, <-waiting, ErrClosed)
	_, err = p.recv()
	require.Error(t, err, "the server learns of it")
}
