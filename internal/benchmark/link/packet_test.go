package link

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// segment is a TCP segment over IPv4, large or not.
type segment struct {
	id         uint16
	seq        uint32
	flags      byte
	ipOptions  []byte // a multiple of 4
	tcpOptions []byte // likewise
	payload    []byte
	mss        int
}

// packet writes it as a TUN device does. It shares no code with what it tests.
func (s segment) packet() []byte {
	ihl, thl := 20+len(s.ipOptions), 20+len(s.tcpOptions)
	p := make([]byte, vnetLen+ihl+thl)
	p[0] = vnetNeedsCsum
	if len(s.payload) > s.mss {
		p[1] = vnetGSOTCP4
		binary.NativeEndian.PutUint16(p[4:], uint16(s.mss))
	}
	binary.NativeEndian.PutUint16(p[2:], uint16(ihl+thl))
	binary.NativeEndian.PutUint16(p[6:], uint16(ihl))
	binary.NativeEndian.PutUint16(p[8:], 16)
	ip := p[vnetLen:]
	ip[0], ip[8], ip[9] = 0x40|byte(ihl/4), 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(ihl+thl+len(s.payload)))
	binary.BigEndian.PutUint16(ip[4:], s.id)
	copy(ip[12:], []byte{192, 0, 2, 1, 192, 0, 2, 2})
	copy(ip[20:], s.ipOptions)
	binary.BigEndian.PutUint16(ip[10:], ^onesSum(ip[:ihl]))
	tcp := ip[ihl:]
	binary.BigEndian.PutUint32(tcp[4:], s.seq)
	tcp[12], tcp[13] = byte(thl/4)<<4, s.flags
	copy(tcp[20:], s.tcpOptions)
	pseudo := append([]byte{0, 6}, ip[12:20]...)
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(thl+len(s.payload)))
	binary.BigEndian.PutUint16(tcp[16:], onesSum(pseudo))
	return append(p, s.payload...)
}

// onesSum adds with an end-around carry at each step.
func onesSum(b []byte) uint16 {
	var n uint16
	for i := 0; i < len(b); i += 2 {
		w := binary.BigEndian.Uint16(b[i:])
		n += w
		if n < w {
			n++
		}
	}
	return n
}

func drawSegment(t *rapid.T) segment {
	words := func(name string) []byte {
		n := 4 * rapid.IntRange(0, 10).Draw(t, name)
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name)
	}
	s := segment{
		id: rapid.Uint16().Draw(t, "id"), seq: rapid.Uint32().Draw(t, "seq"), flags: rapid.Byte().Draw(t, "flags"),
		ipOptions: words("ip options"), tcpOptions: words("tcp options"), mss: rapid.IntRange(1, 9000).Draw(t, "mss"),
	}
	s.payload = make([]byte, rapid.IntRange(0, min(60*s.mss, 65535-120)).Draw(t, "payload"))
	for i := range s.payload {
		s.payload[i] = byte(i * 31 >> 3)
	}
	return s
}

func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSegment(t)
		p := s.packet()
		got := shapeOf(p)
		n := max(1, (len(s.payload)+s.mss-1)/s.mss)
		require.Equal(t, n, got.segments)
		if n == 1 {
			require.Equal(t, len(p)-vnetLen, got.wire(0))
			return
		}
		from := rapid.IntRange(0, n-1).Draw(t, "from")
		to := rapid.IntRange(from+1, n).Draw(t, "to")
		want := s
		want.id += uint16(from)
		want.seq += uint32(from * s.mss)
		want.payload = s.payload[from*s.mss : min(to*s.mss, len(s.payload))]
		if from > 0 {
			want.flags &^= 0x80 // CWR
		}
		if to < n {
			want.flags &^= 0x09 // FIN, PSH
		}
		dst := make([]byte, maxPacket)
		length := got.cut(dst, p, from, to)
		require.Equal(t, want.packet(), dst[:length])

		wire := 0
		for i := from; i < to; i++ {
			wire += got.wire(i)
		}
		require.Equal(t, len(want.payload)+(to-from)*got.headers, wire)
	})
}

func TestCutInOneIsTheSame(t *testing.T) {
	s := segment{seq: 1<<32 - 5, id: 65535, flags: 0x99, payload: make([]byte, 60_000), mss: 1448, tcpOptions: make([]byte, 12)}
	p, dst := s.packet(), make([]byte, maxPacket)
	got := shapeOf(p)
	require.Equal(t, p, dst[:got.cut(dst, p, 0, got.segments)])
}

// Whatever the kernel hands over, it goes in and comes out, or is lost: nothing panics.
func FuzzTake(f *testing.F) {
	f.Add(segment{payload: make([]byte, 5000), mss: 1448}.packet(), uint16(10))
	f.Add(make([]byte, vnetLen), uint16(0))
	f.Fuzz(func(t *testing.T, p []byte, mss uint16) {
		if len(p) > maxPacket {
			return
		}
		if len(p) >= vnetLen {
			binary.NativeEndian.PutUint16(p[4:], mss)
		}
		d := newDirection(Config{Loss: 0.5})
		d.take(copy(d.fifo.space(), p), 0)
		for {
			out, _, ok := d.fifo.head()
			if !ok {
				return
			}
			require.LessOrEqual(t, len(out), len(p))
			d.fifo.pop()
		}
	})
}
