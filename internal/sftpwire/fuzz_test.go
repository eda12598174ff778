package sftpwire

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
)

// replay is a server that says the same whatever it is asked, once it has been asked often enough: the ids in its replies
// have been made then.
type replay struct {
	replies  io.Reader
	requests sync.WaitGroup
	begun    bool // INIT has come
}

func newReplay(requests int, data []byte) *replay {
	s := &replay{}
	s.requests.Add(requests)
	s.replies = io.MultiReader(bytes.NewReader(frame(typeVersion, 3, nil)), &after{&s.requests, bytes.NewReader(data)})
	return s
}

// Write is called for one request at a time.
func (s *replay) Write(p []byte) (int, error) {
	if s.begun {
		s.requests.Done()
	}
	s.begun = true
	return len(p), nil
}

func (s *replay) Read(p []byte) (int, error) { return s.replies.Read(p) }
func (s *replay) Close() error               { return nil }

type after struct {
	requests *sync.WaitGroup
	r        io.Reader
}

func (a *after) Read(p []byte) (int, error) {
	a.requests.Wait()
	return a.r.Read(p)
}

// FuzzReplies gives arbitrary bytes to every kind of call at once: none may panic, hang, write outside its buffer, or make
// the program hold more than the bytes that came, by more than a reply's bound.
func FuzzReplies(f *testing.F) {
	id := func(n uint32) uint32 { return ourIDs | n }
	all := slices.Concat(
		frame(typeData, id(1), str("abcd")), frame(typeStatus, id(2), status(0, "")), frame(typeAttrs, id(3), attrsBody(1, 2, 3)),
		frame(typeHandle, id(4), str("h")), frame(typeName, id(5), nameBody("x", "y")), frame(typeExtendedReply, id(6), make([]byte, 32)),
		frame(typeStatus, id(7), status(4, "no")),
	)
	f.Add(all)
	f.Add(all[:30])
	f.Add(frame(typeData, id(1), str("too long")))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, typeData, 0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xfb})
	f.Add([]byte{0, 3, 0, 5, typeName, 0x80, 0, 0, 5, 0xff, 0xff, 0xff, 0xff})
	f.Add(frame(0, id(2), nil))
	f.Add(frame(typeAttrs, 1, attrsBody(1, 2, 3)))
	f.Fuzz(func(t *testing.T, data []byte) { feed(t, data) })
}

func feed(t *testing.T, data []byte) {
	var before, afterwards runtime.MemStats
	runtime.ReadMemStats(&before)
	const calls = 7
	c := New(newReplay(calls, data))
	client, err := sftp.NewClientPipe(c, c)
	require.NoError(t, err)

	buf := []byte("1234guard")
	h := &Handle{c: c, h: "h"}
	begun := []func() error{
		func() error { _, err := h.ReadAt(buf[:4:4], 0); return err },
		func() error { _, err := h.WriteAt([]byte("x"), 0); return err },
		func() error { _, err := h.Stat(); return err },
		func() error { _, err := c.Open("x", OpenRead, Attrs{}); return err },
		func() error { _, err := h.readdirs(1, func(string, Attrs) error { return nil }); return err }, // List would ask again
		func() error { _, err := c.AskLimits()(); return err },
		func() error { return h.Close() },
	}
	var wg sync.WaitGroup
	for i, call := range begun {
		wg.Go(func() { _ = call() })
		waitID(c, uint32(i+1)) // the ids follow the order of the calls
	}
	wg.Wait() // the stream ends, so every call does
	require.NoError(t, client.Close())
	require.Equal(t, "guard", string(buf[4:]))
	require.ErrorIs(t, c.Err(), ErrClosed)
	runtime.ReadMemStats(&afterwards)
	require.Less(t, afterwards.TotalAlloc-before.TotalAlloc, uint64(64*len(data)+calls*maxReply+8<<20))
}

func waitID(c *Conn, n uint32) {
	for {
		c.mu.Lock()
		last := c.lastID
		c.mu.Unlock()
		if last >= n {
			return
		}
		runtime.Gosched()
	}
}
