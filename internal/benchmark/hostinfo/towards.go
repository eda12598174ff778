package hostinfo

import (
	"net"
	"net/netip"
	"time"
)

// lookup is how long the server's name may take to be found.
const lookup = 3 * time.Second

// towards tells the MTU, in bytes, and the queueing discipline of the interface that leads to a server.
func towards(server string) (mtu int, qdisc string) {
	if server == "" {
		return 0, ""
	}
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(server, "22")
	}
	c, err := (&net.Dialer{Timeout: lookup}).Dial("udp", server)
	if err != nil {
		return 0, ""
	}
	defer c.Close()
	i := outgoing(c.LocalAddr(), c.RemoteAddr())
	if i == nil {
		return 0, ""
	}
	return i.MTU, queueing(i.Index)
}

// outgoing is the interface that has the local address; packets to this machine itself go through the loopback interface, wherever the address is.
func outgoing(local, remote net.Addr) *net.Interface {
	from, to := local.(*net.UDPAddr).AddrPort().Addr(), remote.(*net.UDPAddr).AddrPort().Addr()
	all, _ := net.Interfaces()
	for _, i := range all {
		if from == to && i.Flags&net.FlagLoopback != 0 {
			return &i
		}
		if from != to && has(i, from.Unmap().WithZone("")) {
			return &i
		}
	}
	return nil
}

func has(i net.Interface, address netip.Addr) bool {
	addrs, _ := i.Addrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == address {
			return true
		}
	}
	return false
}
