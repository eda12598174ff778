package benchmark

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/measure"
	"mscp/internal/benchmark/result"
)

// counted are the bytes that went over the connections.
type counted struct{ dials, in, out atomic.Int64 }

type countedConn struct {
	net.Conn
	*counted
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.Add(int64(n))
	return n, err
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.out.Add(int64(n))
	return n, err
}

func (c *counted) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.dials.Add(1)
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	return countedConn{conn, c}, err
}

func rawOn(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) *rawServer {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	s := serveRaw(t.Context(), l, dial)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestRaw(t *testing.T) {
	const header = 9
	for _, n := range []int{0, 1, 3, 8} {
		for _, size := range []int64{1, 7, 1<<20 + 1} {
			for _, d := range []result.Direction{result.Up, result.Down} {
				var c counted
				s := rawOn(t, c.dial)
				sample, err := s.measure(t.Context(), result.Case{Connections: n, Question: result.Question{Direction: d, Work: result.Work{Files: 1, Size: size}}}, 0)
				require.NoError(t, err)
				conns := int64(max(1, n))
				require.Equal(t, int(conns), sample.Connections)
				require.Equal(t, conns, c.dials.Load())
				require.Equal(t, [2]int64{1, size}, [2]int64{sample.Files, sample.Bytes})
				require.Positive(t, sample.Seconds)
				out, in := conns*header, size
				if d == result.Up {
					out, in = out+size, conns
				}
				require.Equal(t, [2]int64{out, in}, [2]int64{c.out.Load(), c.in.Load()}, "%d connections, %s, %d bytes", n, d, size)
				require.NoError(t, s.Close())
			}
		}
	}
}

func rawCase(d result.Direction, size int64) result.Case {
	return result.Case{Connections: 2, Question: result.Question{Direction: d, Work: result.Work{Files: 1, Size: size}}}
}

func TestRawIsEnded(t *testing.T) {
	why := errors.New("why")
	for _, d := range []result.Direction{result.Up, result.Down} {
		var c counted
		ctx, cancel := context.WithCancelCause(t.Context())
		s := rawOn(t, func(ctx context.Context, network, addr string) (net.Conn, error) {
			defer cancel(why)
			return c.dial(ctx, network, addr)
		})
		sample, err := s.measure(ctx, rawCase(d, 1<<60), time.Hour)
		require.ErrorIs(t, err, why)
		require.Zero(t, sample.Bytes)

		s = rawOn(t, c.dial)
		_, err = s.measure(t.Context(), rawCase(d, 1<<60), time.Millisecond)
		require.ErrorIs(t, err, measure.ErrTimeout)
		require.ErrorContains(t, err, "TCP alone: timed out after 1ms")
	}
}

// A server that ends takes its connections with it, and a client sees that.
func TestRawServerEnds(t *testing.T) {
	for _, d := range []result.Direction{result.Up, result.Down} {
		var s *rawServer
		var c counted
		s = rawOn(t, func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := c.dial(ctx, network, addr)
			go s.Close()
			return conn, err
		})
		_, err := s.measure(t.Context(), rawCase(d, 1<<60), 0)
		require.Error(t, err)
		require.NoError(t, s.Close())
	}
}

// What is no client of ours ends nothing.
func TestRawServerHearsNonsense(t *testing.T) {
	var c counted
	s := rawOn(t, c.dial)
	for _, text := range []string{"", "u", "GET / HTTP/1.1\r\n\r\n", "d\xff\xff\xff\xff\xff\xff\xff\xff", "u\xff\xff\xff\xff\xff\xff\xff\xff"} {
		conn, err := net.Dial("tcp", s.listener.Addr().String())
		require.NoError(t, err)
		_, err = conn.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	_, err := s.measure(t.Context(), rawCase(result.Up, 100), 0)
	require.NoError(t, err)
}
