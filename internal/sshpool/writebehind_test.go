package sshpool

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// start runs b and returns a function that stops it and waits.
func start(b *writeBehind) (stop func()) {
	var wg sync.WaitGroup
	wg.Go(b.run)
	return func() { b.stop(io.ErrClosedPipe); wg.Wait() }
}

// All bytes arrive in order, however they are cut.
func TestWriteBehindKeepsTheBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, w := io.Pipe()
		b := newWriteBehind(w)
		defer start(b)()
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 5000), rapid.IntRange(behindSize-2, behindSize+2)), 1, 20).Draw(t, "sizes")
		var sent []byte
		got := make(chan []byte)
		total := 0
		for _, n := range sizes {
			total += n
		}
		go func() {
			p := make([]byte, total)
			_, _ = io.ReadFull(r, p)
			got <- p
		}()
		for i, n := range sizes {
			p := bytes.Repeat([]byte{byte(i + 1)}, n)
			sent = append(sent, p...)
			written, err := b.Write(p)
			if written != n || err != nil {
				t.Fatalf("%d of %d: %v", written, n, err)
			}
		}
		if !bytes.Equal(sent, <-got) {
			t.Fatal("other bytes arrived")
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteBehindReportsErrors(t *testing.T) {
	broken := errors.New("broken")
	b := newWriteBehind(failing{broken})
	defer start(b)()
	var err error
	for err == nil { // the first may be taken before the writer has failed
		_, err = b.Write(make([]byte, 1000))
	}
	require.Equal(t, broken, err)
}

func TestWriteBehindStopUnblocksWrite(t *testing.T) {
	b := newWriteBehind(io.Discard) // nobody runs it: it fills up
	result := make(chan int)
	go func() {
		n, err := b.Write(make([]byte, behindSize+1))
		if err == nil {
			n = -1
		}
		result <- n
	}()
	b.stop(io.ErrClosedPipe)
	n := <-result
	require.Contains(t, []int{0, behindSize}, n, "before or after it had filled up")
}
