package sshpool

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// acksAtOnce reports whether the kernel acknowledges at once what a connection gets, after n answers to n questions. The kernel
// delays its acknowledgements on connections that go to and fro.
func acksAtOnce(t *testing.T, change func(*netConn), n int) bool {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for b := make([]byte, 1); ; {
			if _, err := c.Read(b); err != nil {
				return
			}
			_, _ = c.Write(b)
		}
	}()
	tcp, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	conn := newNetConn(tcp)
	change(conn)
	for b := make([]byte, 1); n > 0; n-- {
		_, err := tcp.Write(b)
		require.NoError(t, err)
		_, err = conn.Read(b)
		require.NoError(t, err)
	}
	var quick int
	raw, err := tcp.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { quick, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK) }))
	require.NoError(t, err)
	require.NoError(t, tcp.Close())
	<-served
	return quick != 0
}

func TestAnswersAreAcknowledgedAtOnce(t *testing.T) {
	require.True(t, acksAtOnce(t, func(*netConn) {}, 40))
	require.False(t, acksAtOnce(t, func(c *netConn) { c.ack.Store(nil) }, 40), "the kernel delays by itself")
	for version, want := range map[string]bool{"SSH-2.0-OpenSSH_9.2p1": true, "SSH-2.0-dropbear_2022.83": true, "SSH-2.0-ssh2js1.17.0srv": false, "": false} {
		require.Equal(t, want, turnsNagleOff(version), version)
	}
}
