package faultproxy

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a proxy with one fault for all, before a server that waits for a byte, sends sent, and keeps what it gets then.
func start(t *testing.T, f Fault, sent []byte) (*net.TCPConn, func() ([]byte, error)) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	p, err := Start(t.Context(), l.Addr().String(), func(int) Fault { return f })
	require.NoError(t, err)
	var got []byte
	var gotErr error
	var server sync.WaitGroup
	server.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return // refused
		}
		defer c.Close()
		_, _ = io.ReadFull(c, make([]byte, 1))
		_, _ = c.Write(sent)
		got, gotErr = io.ReadAll(c)
	})
	c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port())))
	if f.Refuse {
		if err == nil {
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		require.ErrorIs(t, err, syscall.ECONNRESET)
	} else {
		require.NoError(t, err)
		_, err = c.Write([]byte("!"))
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		if c != nil {
			c.Close()
		}
		l.Close()
		p.Close()
		server.Wait()
		require.Equal(t, 1, p.Conns())
	})
	tcp, _ := c.(*net.TCPConn)
	return tcp, func() ([]byte, error) { server.Wait(); return got, gotErr }
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestPasses(t *testing.T) {
	for _, f := range []Fault{{}, {Delay: time.Millisecond}, {Rate: 10 << 20}} {
		down, up := pattern(100_000), pattern(70_000)
		c, server := start(t, f, down)
		got := make([]byte, len(down))
		_, err := io.ReadFull(c, got)
		require.NoError(t, err)
		require.Equal(t, down, got)
		_, err = c.Write(up)
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())
		got, err = server()
		require.NoError(t, err)
		require.Equal(t, up, got)
	}
}

func TestRefuse(t *testing.T) {
	c, _ := start(t, Fault{Refuse: true}, nil)
	if c != nil {
		_, err := c.Write([]byte("?"))
		require.Error(t, err)
	}
}

func TestReset(t *testing.T) {
	c, _ := start(t, Fault{Kind: Reset, Dir: Down, At: 100}, pattern(1000))
	got, err := io.ReadAll(c)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.LessOrEqual(t, len(got), 100)
}

func TestHalfClose(t *testing.T) {
	c, server := start(t, Fault{Kind: HalfClose, Dir: Down, At: 100}, pattern(1000))
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, pattern(100), got)
	_, err = c.Write([]byte("goes on"))
	require.NoError(t, err)
	require.NoError(t, c.CloseWrite())
	got, _ = server()
	require.Equal(t, "goes on", string(got))
}

func TestBlackHole(t *testing.T) {
	c, _ := start(t, Fault{Kind: BlackHole, Dir: Up, At: 10}, nil)
	_, err := c.Write(pattern(1000))
	require.NoError(t, err, "what is sent is taken")
	require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = c.Read(make([]byte, 1))
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout(), "nothing comes, not even the end")
}

func TestBitFlip(t *testing.T) {
	for _, at := range []int64{0, 99_000, 99_999} {
		sent := pattern(100_000)
		c, _ := start(t, Fault{Kind: BitFlip, Dir: Down, At: at}, sent)
		got := make([]byte, len(sent))
		_, err := io.ReadFull(c, got)
		require.NoError(t, err)
		require.False(t, bytes.Equal(sent, got))
		got[at] ^= 0x10
		require.Equal(t, sent, got)
	}
}
