package sshpool

import (
	"io"
	"sync"
)

// behindSize is how many bytes wait at most while as many are being written.
const behindSize = 256 << 10

// writeBehind collects small writes and passes them on in large ones from its own goroutine. x/crypto/ssh makes two
// system calls for each 32 KiB packet it encrypts and waits for both; here the next packet is encrypted meanwhile. It
// gains about 8 %: 2 GiB up through one channel to a real sshd (BenchmarkChannel/up, -benchtime 32x), aes128-gcm, 2 cores,
// medians of nine runs in turn: 90.0 -> 83.0 ms and 58.9 -> 54.4 ms of this process's CPU for each 64 MiB.
//
// Write returns before the bytes are written. An error comes back with a later Write, and what is not written when the
// connection is closed is lost: SSH acknowledges all that matters.
type writeBehind struct {
	w io.Writer

	mu      sync.Mutex
	changed sync.Cond // of everything below
	waiting []byte
	spare   []byte // belongs to run while it writes
	err     error  // ends writing
}

func newWriteBehind(w io.Writer) *writeBehind {
	b := &writeBehind{w: w, waiting: make([]byte, 0, behindSize), spare: make([]byte, 0, behindSize)}
	b.changed.L = &b.mu
	return b
}

// Write waits for room.
func (b *writeBehind) Write(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(p) > 0 {
		for b.err == nil && len(b.waiting) == cap(b.waiting) {
			b.changed.Wait()
		}
		if b.err != nil {
			return n, b.err
		}
		fits := min(len(p), cap(b.waiting)-len(b.waiting))
		if len(b.waiting) == 0 {
			b.changed.Broadcast() // run may be waiting
		}
		b.waiting = append(b.waiting, p[:fits]...)
		p = p[fits:]
		n += fits
	}
	return n, nil
}

// run writes until stop or an error of the writer.
func (b *writeBehind) run() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for b.err == nil && len(b.waiting) == 0 {
			b.changed.Wait()
		}
		if b.err != nil {
			return
		}
		out := b.waiting
		b.waiting = b.spare[:0]
		b.changed.Broadcast() // there is room
		b.mu.Unlock()
		_, err := b.w.Write(out)
		b.mu.Lock()
		b.spare = out
		b.fail(err)
	}
}

// stop makes run, unless it is inside the writer, and every Write return.
func (b *writeBehind) stop(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail(err)
}

func (b *writeBehind) fail(err error) {
	if err != nil && b.err == nil {
		b.err = err
		b.changed.Broadcast()
	}
}
