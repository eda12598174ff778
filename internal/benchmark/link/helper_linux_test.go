package link

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"mscp/internal/sshdtest"
)

func TestMain(m *testing.M) {
	if helper() {
		return
	}
	goleak.VerifyTestMain(m)
}

// open makes a link, the same losses each time, that ends with the test.
func open(t testing.TB, text string) *Link {
	t.Helper()
	c, err := Parse(text)
	require.NoError(t, err)
	l, err := newLink(t.Context(), c, rand.NewPCG(1, 2), rand.NewPCG(3, 4))
	if errors.Is(err, ErrUnsupported) {
		sshdtest.Unavailable(t, err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// connect makes a TCP connection with a congestion control, "" for the machine's own, and says how long the client waited for it.
func connect(t testing.TB, l *Link, congestion string) (client, server *net.TCPConn, took time.Duration) {
	t.Helper()
	control := func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) {
			if congestion != "" {
				err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
			}
		})
		return errors.Join(cerr, err)
	}
	ctx := context.Background()
	address := netip.AddrPortFrom(l.ServerAddr(), 0).String()
	require.NoError(t, l.Server().Do(func() error {
		listener, err := (&net.ListenConfig{Control: control}).Listen(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer listener.Close()
		var c net.Conn
		err = l.Client().Do(func() error {
			began := time.Now()
			c, err = (&net.Dialer{Control: control}).DialContext(ctx, "tcp", listener.Addr().String())
			took = time.Since(began)
			return err
		})
		if err != nil {
			return err
		}
		client = c.(*net.TCPConn)
		c, err = listener.Accept()
		if err == nil {
			server = c.(*net.TCPConn)
		}
		return err
	}))
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server, took
}

// zeros writes until the connection is closed.
func zeros(w io.Writer) {
	b := make([]byte, 256<<10)
	for {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}
