package link

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The clock is read here on purpose: time is what a link is about. Load adds to a round trip and takes from a rate, so the least and the most
// of several are looked at.

func TestRTT(t *testing.T) {
	for _, link := range []string{"rtt=20ms", "rtt=100ms,rate=1gbit"} {
		t.Run(link, func(t *testing.T) {
			l := open(t, link)
			c, err := Parse(link)
			require.NoError(t, err)
			echoed, dialled := time.Hour, time.Hour
			for range 3 {
				client, server, took := connect(t, l, "")
				dialled = min(dialled, took)
				var wg sync.WaitGroup
				wg.Go(func() { _, _ = io.Copy(server, server) })
				for range 5 {
					echoed = min(echoed, echo(t, client))
				}
				client.Close()
				wg.Wait()
			}
			for _, d := range []time.Duration{echoed, dialled} {
				require.GreaterOrEqual(t, d, c.RTT)
				require.InEpsilon(t, c.RTT.Seconds(), d.Seconds(), 0.1)
			}
		})
	}
}

func echo(t *testing.T, c net.Conn) time.Duration {
	began := time.Now()
	_, err := c.Write([]byte{1})
	require.NoError(t, err)
	_, err = io.ReadFull(c, make([]byte, 1))
	require.NoError(t, err)
	return time.Since(began)
}

func TestRate(t *testing.T) {
	// Cubic and reno take long to recover from what their slow start drops: they get a queue that holds a stream's whole window.
	for _, s := range []struct{ link, congestion string }{
		{"rtt=20ms,rate=100mbit", "bbr"}, {"rtt=20ms,rate=500mbit", "bbr"},
		{"rtt=20ms,rate=100mbit,queue=8m", "cubic"}, {"rtt=20ms,rate=500mbit,queue=8m", "cubic"},
		{"rtt=20ms,rate=100mbit,queue=8m", "reno"}, {"rtt=20ms,rate=500mbit,queue=8m", "reno"},
	} {
		t.Run(s.link+"/"+s.congestion, func(t *testing.T) {
			c, err := Parse(s.link)
			require.NoError(t, err)
			var best float64
			for attempt := 0; attempt < 3 && best < 0.9*c.Rate; attempt++ {
				best = max(best, transfer(t, s.link, s.congestion, c.Rate))
			}
			require.InEpsilon(t, c.Rate, best, 0.1)
		})
	}
}

// transfer fills the link with one TCP stream, and returns the rate of the best second but the first: bit/s that the
// receiver has read. It gives up waiting for a good one after a while.
func transfer(t *testing.T, link, congestion string, rate float64) (best float64) {
	l := open(t, link)
	client, server, _ := connect(t, l, congestion)
	var wg sync.WaitGroup
	wg.Go(func() { zeros(server) })
	defer wg.Wait()
	defer server.Close()
	defer client.Close()
	buf := make([]byte, 64<<10)
	began := time.Now()
	var all, window int64
	start := began.Add(time.Second)
	for time.Since(began) < 8*time.Second && best < 0.93*rate {
		n, err := client.Read(buf)
		require.NoError(t, err)
		all += int64(n)
		if time.Now().Before(start) {
			continue
		}
		window += int64(n)
		if d := time.Since(start); d >= time.Second {
			best = max(best, 8*float64(window)/d.Seconds())
			start, window = time.Now(), 0
		}
	}
	require.LessOrEqual(t, 8*float64(all), rate*time.Since(began).Seconds(), "never faster, whatever the machine does")
	return best
}

// What is sent is what arrives, both ways at once, whatever is cut, lost and dropped on its way.
func TestIntegrity(t *testing.T) {
	for _, link := range []string{"rtt=2ms,loss=0.001", "rtt=10ms,rate=200mbit,loss=0.005,queue=200k", "rtt=0s"} {
		t.Run(link, func(t *testing.T) {
			l := open(t, link)
			client, server, _ := connect(t, l, "")
			var wg sync.WaitGroup
			sums := make([][]byte, 4)
			for i, c := range []*net.TCPConn{client, server} {
				wg.Go(func() { sums[i] = send(c, uint64(i), 8<<20) })
				wg.Go(func() { sums[3-i] = receive(c) })
			}
			wg.Wait()
			require.NotEmpty(t, sums[0])
			require.Equal(t, sums[0], sums[2], "up")
			require.Equal(t, sums[1], sums[3], "down")
			s, err := l.Stats()
			require.NoError(t, err)
			c, err := Parse(link)
			require.NoError(t, err)
			require.Equal(t, c.Loss > 0, s.Up.Lost > 0)
			require.Equal(t, c.Loss > 0, s.Down.Lost > 0)
			require.Zero(t, s.Up.Overrun+s.Down.Overrun)
		})
	}
}

// send writes n bytes, large pieces and small ones by turns, and returns their digest, or nil where it failed.
func send(c *net.TCPConn, seed uint64, n int) []byte {
	random := rand.NewChaCha8([32]byte{byte(seed)})
	sizes := rand.New(rand.NewPCG(seed, 0))
	h := sha256.New()
	buf := make([]byte, 256<<10)
	for n > 0 {
		size := 1 + sizes.IntN(3000)
		if sizes.IntN(20) == 0 {
			size = len(buf)
		}
		p := buf[:min(n, size)]
		_, _ = random.Read(p)
		h.Write(p)
		if _, err := c.Write(p); err != nil {
			return nil
		}
		n -= len(p)
	}
	_ = c.CloseWrite()
	return h.Sum(nil)
}

func receive(c *net.TCPConn) []byte {
	h := sha256.New()
	if _, err := io.Copy(h, c); err != nil {
		return nil
	}
	return h.Sum(nil)
}

// datagrams sends n of them with size bytes of payload from the client to the server, and waits until each is accounted for.
func datagrams(t *testing.T, l *Link, n, size int) Counts {
	var to, from net.Conn
	require.NoError(t, l.Server().Do(func() (err error) {
		to, err = net.ListenUDP("udp", &net.UDPAddr{IP: l.ServerAddr().AsSlice()})
		return err
	}))
	defer to.Close()
	from, err := l.Client().DialContext(context.Background(), "udp", to.LocalAddr().String())
	require.NoError(t, err)
	defer from.Close()
	for range n {
		_, err := from.Write(make([]byte, size))
		require.NoError(t, err)
	}
	var s Stats
	require.Eventually(t, func() bool {
		s, err = l.Stats()
		return err == nil && s.Up.Packets+s.Up.Dropped+s.Up.Lost+s.Up.Overrun == int64(n)
	}, time.Minute, 10*time.Millisecond)
	return s.Up
}

func TestLoss(t *testing.T) {
	s := datagrams(t, open(t, "rtt=2ms,loss=10%"), 20_000, 100)
	require.InDelta(t, 0.1, float64(s.Lost)/float64(s.Lost+s.Packets), 0.01) // 5 sigma
	require.Zero(t, s.Dropped)
}

func TestQueueIsFull(t *testing.T) {
	s := datagrams(t, open(t, "rtt=20ms,rate=1mbit,queue=30000"), 1000, 1472)
	require.GreaterOrEqual(t, s.Packets, int64(20))
	require.Positive(t, s.Dropped)
	require.Zero(t, s.Lost)
}
