package link

import (
	"encoding/binary"
)

// A packet is what one read of a TUN device with IFF_VNET_HDR gives: a virtio_net_hdr (virtio 1.2, 5.1.6) and an IP packet. The IP
// packet may be a TCP segment of up to 64 KiB that stands for many of gso_size payload bytes each.
const (
	vnetLen   = 10
	maxPacket = vnetLen + 65535

	vnetNeedsCsum = 1 // of flags
	vnetGSOTCP4   = 1 // of gso_type
	vnetGSONone   = 0
)

// Offsets in virtio_net_hdr, whose numbers are in the byte order of the machine.
const (
	vnetFlags   = 0
	vnetGSOType = 1
	vnetGSOSize = 4
)

// shape says how a packet would look on a wire.
type shape struct {
	segments int
	headers  int // bytes of IP and TCP headers before each segment's payload
	mss      int // payload bytes of a segment but the last
	size     int // bytes of the IP packet as a whole
}

// shapeOf reads a packet's headers. What is no large TCP segment over IPv4 is one segment, and so is what makes no sense.
func shapeOf(p []byte) shape {
	s := shape{segments: 1, size: len(p) - vnetLen}
	mss := int(binary.NativeEndian.Uint16(p[vnetGSOSize:]))
	if p[vnetGSOType] != vnetGSOTCP4 || mss == 0 {
		return s
	}
	headers, ok := headersTCP4(p[vnetLen:])
	if !ok || s.size <= headers+mss {
		return s
	}
	return shape{segments: (s.size - headers + mss - 1) / mss, headers: headers, mss: mss, size: s.size}
}

// headersTCP4 is the length of an IPv4 and a TCP header (RFC 791, RFC 9293).
func headersTCP4(ip []byte) (int, bool) {
	if len(ip) < 20 || ip[0]>>4 != 4 || ip[9] != 6 {
		return 0, false
	}
	ihl := int(ip[0]&15) * 4
	if ihl < 20 || len(ip) < ihl+20 {
		return 0, false
	}
	tcp := int(ip[ihl+12]>>4) * 4
	return ihl + tcp, tcp >= 20 && len(ip) >= ihl+tcp
}

// wire is the length in bytes of the IP packet that segment i would be.
func (s shape) wire(i int) int {
	if i < s.segments-1 {
		return s.headers + s.mss
	}
	return s.size - (s.segments-1)*s.mss
}

// cut writes the segments from, from+1, ... to-1 of the packet p, of shape s, to dst as a packet of their own, and returns its
// length. It does what the kernel does on segmentation (tcp_gso_segment, inet_gso_segment), but for several segments at a time.
func (s shape) cut(dst, p []byte, from, to int) int {
	start := vnetLen + s.headers
	payload := p[start+from*s.mss : min(start+to*s.mss, len(p))]
	n := start + len(payload)
	copy(dst, p[:start])
	copy(dst[start:], payload)
	if to-from == 1 {
		dst[vnetGSOType] = vnetGSONone
		binary.NativeEndian.PutUint16(dst[vnetGSOSize:], 0)
	}
	s.fixHeaders(dst[vnetLen:n], from, to)
	return n
}

// fixHeaders makes the headers of the whole packet those of segments from to to-1.
func (s shape) fixHeaders(ip []byte, from, to int) {
	be := binary.BigEndian
	ihl := int(ip[0]&15) * 4
	be.PutUint16(ip[2:], uint16(len(ip)))
	be.PutUint16(ip[4:], be.Uint16(ip[4:])+uint16(from)) // identification: the kernel counts segments
	be.PutUint16(ip[10:], 0)
	be.PutUint16(ip[10:], ^fold(sum(ip[:ihl])))

	const fin, psh, cwr = 0x01, 0x08, 0x80
	tcp := ip[ihl:]
	be.PutUint32(tcp[4:], be.Uint32(tcp[4:])+uint32(from*s.mss))
	if from > 0 {
		tcp[13] &^= cwr
	}
	if to < s.segments {
		tcp[13] &^= fin | psh
	}
	// The checksum is the device's to finish (VIRTIO_NET_HDR_F_NEEDS_CSUM): it holds the sum of the pseudo-header alone.
	be.PutUint16(tcp[16:], fold(sum(ip[12:20])+6+uint32(len(tcp))))
}

// sum adds up 16-bit words of an even number of bytes (RFC 1071).
func sum(b []byte) uint32 {
	var n uint32
	for ; len(b) > 1; b = b[2:] {
		n += uint32(binary.BigEndian.Uint16(b))
	}
	return n
}

func fold(n uint32) uint16 {
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return uint16(n)
}
