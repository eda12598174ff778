package sshserver

import "encoding/binary"

// Packet is one whole SFTP packet: uint32 length, byte type, uint32 request ID, and the rest.
type Packet []byte

// headerLen are the bytes of length, type and ID. INIT and VERSION have their version where others have the ID, so every
// packet is at least that long.
const headerLen = 9

// Kind is the packet's type.
func (p Packet) Kind() Kind { return Kind(p[4]) }

// ID is the request ID.
func (p Packet) ID() uint32 { return binary.BigEndian.Uint32(p[5:]) }

// Body is what follows the request ID.
func (p Packet) Body() []byte { return p[headerLen:] }

// NewPacket returns a packet of a kind with an empty body.
func NewPacket(k Kind, id uint32) Packet {
	p := make(Packet, headerLen, 64)
	p[4] = byte(k)
	binary.BigEndian.PutUint32(p[5:], id)
	return p.sized()
}

// sized sets the length field.
func (p Packet) sized() Packet {
	binary.BigEndian.PutUint32(p, uint32(len(p)-4))
	return p
}

// AddUint32 returns p with v appended.
func (p Packet) AddUint32(v uint32) Packet {
	return Packet(binary.BigEndian.AppendUint32(p, v)).sized()
}

// AddUint64 returns p with v appended.
func (p Packet) AddUint64(v uint64) Packet {
	return Packet(binary.BigEndian.AppendUint64(p, v)).sized()
}

// AddString returns p with s appended as an SFTP string (uint32 length and bytes).
func (p Packet) AddString(s string) Packet { return append(p.AddUint32(uint32(len(s))), s...).sized() }

// AddBytes returns p with b appended as an SFTP string.
func (p Packet) AddBytes(b []byte) Packet { return append(p.AddUint32(uint32(len(b))), b...).sized() }

// reader takes fields off a packet's body. After a field that is not there all reads give zero and ok is false.
type reader struct {
	b  []byte
	ok bool
}

func (p Packet) reader() *reader { return &reader{p.Body(), true} }

func (r *reader) take(n int) []byte {
	if !r.ok || n < 0 || len(r.b) < n {
		r.ok = false
		return make([]byte, min(max(n, 0), 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) string() string {
	n := r.uint32()
	if uint64(n) > uint64(len(r.b)) {
		r.ok = false
		return ""
	}
	return string(r.take(int(n)))
}

// attrs passes over an ATTRS structure (section 5 of the draft) and returns its fields, nil where absent, as the
// packet's own bytes: who writes to them changes the packet.
func (r *reader) attrs() (size, perm []byte) {
	flags := r.uint32()
	if flags&attrSize != 0 {
		size = r.take(8)
	}
	if flags&attrOwner != 0 {
		r.take(8)
	}
	if flags&attrPerm != 0 {
		perm = r.take(4)
	}
	if flags&attrTimes != 0 {
		r.take(8)
	}
	if flags&attrExtended != 0 {
		for range r.uint32() {
			if r.string(); !r.ok {
				break
			}
			r.string()
		}
	}
	return size, perm
}

// The flags of an ATTRS structure.
const (
	attrSize     = 0x1
	attrOwner    = 0x2
	attrPerm     = 0x4
	attrTimes    = 0x8
	attrExtended = 0x80000000
)
