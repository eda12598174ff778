package measure

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func newTestWatch(port int) *watch {
	w := newWatch(Command{})
	w.port = uint16(port)
	return w
}

func end1(cookie uint64, from, to string, retransmits, rtt, minRTT uint32) socket {
	return socket{
		cookie: cookie, local: netip.MustParseAddrPort(from), remote: netip.MustParseAddrPort(to),
		established: true, hasInfo: true, retransmits: retransmits, rtt: rtt, minRTT: minRTT,
	}
}

const (
	near, far = "10.0.0.1:40000", "10.0.0.2:22"
	near2     = "10.0.0.1:40001"
)

func TestWatchBothEnds(t *testing.T) {
	w := newTestWatch(22)
	w.see([]socket{end1(1, near, far, 1, 100_000, 90_000), end1(2, far, near, 2, 1, 1)})
	w.see([]socket{end1(1, near, far, 3, 300_000, ^uint32(0)), end1(2, far, near, 7, 1, 1), end1(3, near2, far, 0, 200_000, 80_000)})
	w.see([]socket{{cookie: 1, local: netip.MustParseAddrPort(near), remote: netip.MustParseAddrPort(far), established: true}}) // TIME-WAIT
	var u Usage
	w.sum(&u)
	require.Equal(t, Usage{Connections: 2, Retransmits: 10, RTT: 0.3, MinRTT: 0.08}, u)
}

func TestWatchLeavesOut(t *testing.T) {
	w := newTestWatch(22)
	w.before[socketID{cookie: 9}] = true
	half := end1(4, near, far, 0, 0, ^uint32(0))
	half.established = false // SYN-SENT
	w.see([]socket{
		end1(9, near, far, 5, 100, 100),   // was there before
		end1(5, far, near2, 5, 100, 100),  // somebody came to a server of this machine's
		end1(6, near2, near, 5, 100, 100), // another port
		half,
	})
	var u Usage
	w.sum(&u)
	require.Equal(t, Usage{}, u)

	w.addr = netip.MustParseAddr("10.0.0.3")
	w.see([]socket{end1(7, near, far, 5, 100, 100)})
	w.sum(&u)
	require.Equal(t, Usage{}, u)
}
