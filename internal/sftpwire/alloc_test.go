package sftpwire

import (
	"encoding/binary"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// answer acknowledges every WRITE and gives every READ its whole length, without allocating, until the channel ends.
func (p *peer) answer() {
	in, out := make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		if _, err := io.ReadFull(p.ch, in[:4]); err != nil {
			return
		}
		req := in[:binary.BigEndian.Uint32(in)]
		if _, err := io.ReadFull(p.ch, req); err != nil {
			return
		}
		reply := out[:13]
		reply[4] = typeStatus
		copy(reply[5:], req[1:5])
		clear(reply[9:])
		if req[0] == typeRead { // its length stands last
			reply = out[:13+binary.BigEndian.Uint32(req[len(req)-4:])]
			reply[4] = typeData
			copy(reply[9:], req[len(req)-4:])
		}
		binary.BigEndian.PutUint32(reply, uint32(len(reply)-4))
		if _, err := p.ch.Write(reply); err != nil {
			return
		}
	}
}

func TestNoAllocationPerBlock(t *testing.T) {
	c, _, p := newPeer(t)
	var wg sync.WaitGroup
	wg.Go(p.answer)
	h := &Handle{c: c, h: "h"}
	buf := make([]byte, 255<<10)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if n, err := h.ReadAt(buf, 0); n != len(buf) || err != nil {
			t.Error(n, err)
		}
	}), 0+slack)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := h.WriteAt(buf, 0); err != nil {
			t.Error(err)
		}
	}), 0+slack)
	p.ch.Close()
	wg.Wait()
}
