package measure

import (
	"net/netip"
	"slices"
)

// socket is one end of a TCP connection at one look.
type socket struct {
	namespace     int
	cookie        uint64 // the socket's number in its namespace, never used again
	local, remote netip.AddrPort
	established   bool // it is, or has been
	hasInfo       bool // the rest is known
	retransmits   uint32
	rtt, minRTT   uint32 // microseconds
}

// end of a connection, over all looks.
type socketID struct {
	namespace int
	cookie    uint64
}

// connection is known by its addresses, so that both ends are one.
type connection struct{ client, server netip.AddrPort }

// watch keeps what was seen of the connections to one port.
type watch struct {
	port        uint16
	addr        netip.Addr
	lister      lister
	before      map[socketID]bool
	connections map[connection]bool
	retransmits map[socketID]uint32
	rtts        []uint32 // one for each look: of 50 connections in the middle
	minRTT      uint32
}

// newWatch notes the sockets that are there before the command.
func newWatch(c Command) *watch {
	w := &watch{
		port: uint16(c.Port), addr: c.Addr.Unmap(),
		before: map[socketID]bool{}, connections: map[connection]bool{}, retransmits: map[socketID]uint32{},
	}
	if c.Port <= 0 || c.Port > 0xffff {
		return w
	}
	w.lister = newLister(c.In)
	for _, s := range w.lister.list(w.port) {
		w.before[s.id()] = true
	}
	return w
}

func (s socket) id() socketID { return socketID{s.namespace, s.cookie} }

func (w *watch) close() { w.lister.close() }

func (w *watch) look() { w.see(w.lister.list(w.port)) }

func (w *watch) see(sockets []socket) {
	sockets = slices.DeleteFunc(sockets, func(s socket) bool { return w.before[s.id()] })
	var rtts []uint32
	for _, s := range sockets {
		if !w.isServer(s.remote) {
			continue
		}
		if s.established {
			w.connections[connection{s.local, s.remote}] = true
		}
		if s.established && s.hasInfo && s.rtt > 0 {
			rtts = append(rtts, s.rtt)
		}
		// The kernel's minimum is ~0 while there is none (tcp_min_rtt in include/net/tcp.h).
		if s.hasInfo && s.minRTT > 0 && s.minRTT != ^uint32(0) && (w.minRTT == 0 || s.minRTT < w.minRTT) {
			w.minRTT = s.minRTT
		}
		w.count(s)
	}
	for _, s := range sockets { // after the near ends, by which they are known
		if w.connections[connection{s.remote, s.local}] {
			w.count(s)
		}
	}
	if len(rtts) > 0 {
		w.rtts = append(w.rtts, median(rtts))
	}
}

func (w *watch) isServer(a netip.AddrPort) bool {
	return a.Port() == w.port && (!w.addr.IsValid() || a.Addr() == w.addr)
}

func (w *watch) count(s socket) {
	if s.hasInfo {
		w.retransmits[s.id()] = max(s.retransmits, w.retransmits[s.id()])
	}
}

func (w *watch) sum(u *Usage) {
	u.Connections = len(w.connections)
	for _, n := range w.retransmits {
		u.Retransmits += int64(n)
	}
	if len(w.rtts) > 0 {
		u.RTT = float64(median(w.rtts)) / 1e6
	}
	u.MinRTT = float64(w.minRTT) / 1e6
}

// median changes the order of its argument.
func median(v []uint32) uint32 {
	slices.Sort(v)
	return v[len(v)/2]
}
