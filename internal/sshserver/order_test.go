package sshserver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client may send a file's WRITEs, FSETSTAT and CLOSE without waiting: OpenSSH's sftp-server carries them out in order.
func TestAttributesAfterThePipelinedWrites(t *testing.T) {
	for name, faults := range map[string][]Fault{"plain": nil, "with a fault": {Hang(Read, "")}} {
		t.Run(name, func(t *testing.T) {
			r, _, dir := rawClient(t, faults...)
			block := make([]byte, 100_000)
			for range 20 {
				h := r.open("x", 2|8)
				var packets []Packet
				for i := range 8 {
					packets = append(packets, r.writeOf(h, uint64(i*len(block)), block))
				}
				packets = append(packets,
					r.packet(Fsetstat).AddString(h).AddUint32(attrTimes).AddUint32(1234).AddUint32(5678),
					r.packet(Close).AddString(h))
				r.send(packets...)
				for range packets {
					reply, err := r.receive()
					require.NoError(t, err)
					require.Equal(t, OK, Code(reply.reader().uint32()))
				}
				info, err := os.Stat(filepath.Join(dir, "x"))
				require.NoError(t, err)
				require.EqualValues(t, 5678, info.ModTime().Unix())
			}
		})
	}
}
