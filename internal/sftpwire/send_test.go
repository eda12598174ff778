package sftpwire

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// writes keeps what each Write got.
type writes [][]byte

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, bytes.Clone(p))
	return len(p), nil
}

// payloadSizes are the lengths around every boundary of an SSH packet.
func payloadSizes() (sizes []int) {
	const header = 4 + 1 + 4 + 4 + 1 + 8 + 4 // of a WRITE with a handle of one byte
	for _, at := range []int{0, sshPacket - header, sshPacket, 2*sshPacket - header, 2 * sshPacket, 255 << 10, 8*sshPacket - header} {
		for d := -2; d <= 2; d++ {
			if at+d >= 0 {
				sizes = append(sizes, at+d)
			}
		}
	}
	return sizes
}

func TestSendFillsPackets(t *testing.T) {
	for _, size := range payloadSizes() {
		payload := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, size/7+1)[:size]
		var w writes
		s := sendBuffer{w: &w}
		h := &Handle{c: nil, h: "h"}
		write, last := h.write(payload, 5), h.call(typeClose, 0)
		write.setID(1)
		last.setID(2)
		require.NoError(t, s.send([]*call{write, last}))

		want := frame(typeWrite, 1, slices.Concat(str("h"), []byte{0, 0, 0, 0, 0, 0, 0, 5}, str(string(payload))))
		want = append(want, frame(typeClose, 2, str("h"))...)
		require.True(t, bytes.Equal(want, bytes.Join(w, nil)), "%d bytes", size)
		for i, piece := range w {
			require.NotEmpty(t, piece)
			if i < len(w)-1 {
				require.Zero(t, len(piece)%sshPacket, "%d bytes: piece %d of %d is not full", size, i, len(w))
			}
		}
		write.free()
		last.free()
	}
}

// pkg/sftp gives header and payload in two pieces; a packet of ours must not come between.
func TestForeignPacketsStayWhole(t *testing.T) {
	var w writes
	s := sendBuffer{w: &w}
	theirs := frame(typeWrite, 1, make([]byte, 100))
	_, err := s.foreign(theirs[:13])
	require.NoError(t, err)
	k := newCall(typeClose, 0)
	sent := async(func() error { return s.send([]*call{k}) })
	_, err = s.foreign(theirs[13:50])
	require.NoError(t, err)
	_, err = s.foreign(theirs[50:])
	require.NoError(t, err)
	require.NoError(t, <-sent)
	k.free()
	all := bytes.Join(w, nil)
	require.True(t, bytes.HasPrefix(all, theirs))
	require.EqualValues(t, typeClose, all[len(theirs)+4])
}

func TestForeignErrorFreesTheLine(t *testing.T) {
	s := sendBuffer{w: &brokenWriter{left: 0}}
	_, err := s.foreign(binary.BigEndian.AppendUint32(nil, 500))
	require.Error(t, err)
	k := newCall(typeClose, 0)
	defer k.free()
	require.Error(t, s.send([]*call{k}), "and does not wait for the rest of the packet")
}
