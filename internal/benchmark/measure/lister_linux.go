package measure

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// lister asks the kernel for the TCP sockets of some network namespaces.
//
// netlink.SocketDiagTCPInfo would do; but it lists nothing where the congestion control's own attribute has another size than it
// knows (BBR version 3), and makes an object of every socket on the machine.
type lister []*nl.NetlinkSocket

// newLister opens one netlink socket in each namespace, which stays there. One that cannot be opened is left out.
func newLister(in []func(func() error) error) (l lister) {
	if in == nil {
		in = []func(func() error) error{func(f func() error) error { return f() }}
	}
	for _, within := range in {
		l = append(l, nil)
		_ = within(func() error {
			s, err := nl.Subscribe(unix.NETLINK_INET_DIAG)
			if err == nil {
				second := unix.Timeval{Sec: 1}
				_, _ = s.SetSendTimeout(&second), s.SetReceiveTimeout(&second)
				l[len(l)-1] = s
			}
			return err
		})
	}
	return l
}

func (l lister) close() {
	for _, s := range l {
		if s != nil {
			s.Close()
		}
	}
}

// list gives the sockets that have port on either side, listening ones and those that are being opened by the other side excepted. What the kernel
// refuses to say is left out.
func (l lister) list(port uint16) (sockets []socket) {
	for i, s := range l {
		if s == nil {
			continue
		}
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			req := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
			req.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_INET_DIAG: {Socket: s}}
			req.AddRawData(diagRequest(family))
			_ = req.ExecuteIter(unix.NETLINK_INET_DIAG, nl.SOCK_DIAG_BY_FAMILY, func(msg []byte) bool {
				if s, ok := parse(msg, port); ok {
					s.namespace = i
					sockets = append(sockets, s)
				}
				return true
			})
		}
	}
	return sockets
}

// diagRequest is struct inet_diag_req_v2 (sock_diag(7)) for all TCP sockets of a family.
func diagRequest(family uint8) []byte {
	b := make([]byte, 56)
	b[0], b[1] = family, unix.IPPROTO_TCP
	b[2] = 1 << (netlink.INET_DIAG_INFO - 1)
	const not = 1<<netlink.TCP_LISTEN | 1<<netlink.TCP_NEW_SYN_REC | 1<<netlink.TCP_SYN_RECV
	binary.NativeEndian.PutUint32(b[4:], 0xfff&^not)
	return b
}

// sizeofMsg is that of struct inet_diag_msg (sock_diag(7)): family, state, timer, retrans; ports, addresses, interface, cookie; five numbers.
const sizeofMsg = 4 + 48 + 20

func parse(msg []byte, port uint16) (s socket, ok bool) {
	if len(msg) < sizeofMsg {
		return s, false
	}
	from, to := binary.BigEndian.Uint16(msg[4:]), binary.BigEndian.Uint16(msg[6:])
	if from != port && to != port {
		return s, false
	}
	s.local = netip.AddrPortFrom(address(msg[0], msg[8:24]), from)
	s.remote = netip.AddrPortFrom(address(msg[0], msg[24:40]), to)
	s.cookie = binary.NativeEndian.Uint64(msg[44:])
	switch msg[1] {
	case netlink.TCP_ESTABLISHED, netlink.TCP_FIN_WAIT1, netlink.TCP_FIN_WAIT2, netlink.TCP_TIME_WAIT,
		netlink.TCP_CLOSE_WAIT, netlink.TCP_LAST_ACK, netlink.TCP_CLOSING:
		s.established = true
	}
	s.info(msg[sizeofMsg:])
	return s, true
}

// address takes an IPv4 address out of an IPv6 socket's, so that both ends of a connection write it alike.
func address(family uint8, b []byte) netip.Addr {
	if family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(b))
	}
	return netip.AddrFrom16([16]byte(b)).Unmap()
}

// info takes TCP_INFO from the attributes; there is none in state TIME-WAIT.
func (s *socket) info(attributes []byte) {
	attrs, err := nl.ParseRouteAttr(attributes)
	if err != nil {
		return
	}
	i := indexInfo(attrs)
	if i < 0 {
		return
	}
	var t unix.TCPInfo // an older kernel's is shorter, a newer one's longer
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&t)), unsafe.Sizeof(t)), attrs[i].Value)
	s.hasInfo, s.retransmits, s.rtt, s.minRTT = true, t.Total_retrans, t.Rtt, t.Min_rtt
}

func indexInfo(attrs []syscall.NetlinkRouteAttr) int {
	for i, a := range attrs {
		if a.Attr.Type == netlink.INET_DIAG_INFO {
			return i
		}
	}
	return -1
}
