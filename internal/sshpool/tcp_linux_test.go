package sshpool

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"mscp/internal/sshdtest"
)

// option reads an option of the socket under a channel.
func option(t *testing.T, ch *Channel, get func(fd int)) {
	t.Helper()
	raw, err := ch.conn.net.Conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { get(int(fd)) }))
}

func TestTCPOptions(t *testing.T) {
	s := sshdtest.Start(t)
	known, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
	require.NoError(t, err)
	for _, nagle := range []bool{false, true} {
		h := resolve(t, s, "BindAddress=127.0.0.1", "AddressFamily=inet")
		name := strings.Fields(string(known))[0]
		ch, err := newPool(t, Options{Host: h, Nagle: nagle, Congestion: name}).Open(within(t))
		require.NoError(t, err)
		option(t, ch, func(fd int) {
			nodelay, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
			require.NoError(t, err)
			require.Equal(t, !nagle, nodelay != 0)
			alive, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			require.NoError(t, err)
			require.NotZero(t, alive)
			cc, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
			require.NoError(t, err)
			require.Equal(t, name, cc)
		})
	}
}

func TestUnknownCongestionControl(t *testing.T) {
	s := sshdtest.Start(t)
	for _, err := range []error{
		CheckCongestion("carrierpigeon"),
		func() error {
			_, err := newPool(t, Options{Host: resolve(t, s), Congestion: "carrierpigeon"}).Open(within(t))
			return err
		}(),
	} {
		var congestion *CongestionError
		require.ErrorAs(t, err, &congestion)
		require.NotEmpty(t, congestion.Known)
	}
}
