package sftpwire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A handle that is given out twice while it is open is believed for neither file, whatever answer comes behind it.
func TestHandleGivenOutTwice(t *testing.T) {
	c, _, p := newPeer(t)
	var first *Handle
	done := async(func() (err error) { first, err = c.Open("a", OpenRead, Attrs{}); return err })
	p.reply(p.next(), typeHandle, str("0"))
	require.NoError(t, <-done)
	read := async(func() error { _, err := first.ReadAt(make([]byte, 1), 0); return err })
	asked := p.next()
	second := async(func() error { _, err := c.Open("b", OpenRead, Attrs{}); return err })
	p.reply(p.next(), typeHandle, str("0"))
	p.reply(asked, typeData, str("x"))
	require.ErrorIs(t, <-read, ErrShared)
	p.reply(p.next(), typeStatus, status(StatusOK, "")) // the second one's CLOSE
	require.ErrorIs(t, <-second, ErrShared)
	closed := async(first.Close)
	p.reply(p.next(), typeStatus, status(StatusOK, ""))
	require.ErrorIs(t, <-closed, ErrShared)
	require.Empty(t, c.handles)
}

// A handle counts as open until its CLOSE is answered: a server that opens another file before that may have closed the wrong one.
func TestHandleGivenOutBeforeItsClose(t *testing.T) {
	c, _, p := newPeer(t)
	var first *Handle
	done := async(func() (err error) { first, err = c.Open("a", OpenWrite, Attrs{}); return err })
	p.reply(p.next(), typeHandle, str("0"))
	require.NoError(t, <-done)
	closed := async(first.Close)
	closing := p.next()
	second := async(func() error { _, err := c.Open("b", OpenWrite, Attrs{}); return err })
	p.reply(p.next(), typeHandle, str("0"))
	p.reply(closing, typeStatus, status(StatusOK, ""))
	require.ErrorIs(t, <-closed, ErrShared)
	p.reply(p.next(), typeStatus, status(StatusOK, ""))
	require.ErrorIs(t, <-second, ErrShared)

	third := async(func() (err error) { _, err = c.Open("c", OpenWrite, Attrs{}); return err })
	p.reply(p.next(), typeHandle, str("0"))
	require.NoError(t, <-third, "it is free again")
}
