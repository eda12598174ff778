package link

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newDirection(c Config) *direction {
	return &direction{line: newLine(c, rand.New(rand.NewPCG(1, 2)))}
}

func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{
			RTT:   time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "rtt")),
			Rate:  rapid.Float64Range(1e6, 1e10).Draw(t, "rate"),
			Queue: rapid.Int64Range(mtu, 1<<20).Draw(t, "queue"),
			Loss:  rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "loss"),
		}
		l := newLine(c, rand.New(rand.NewPCG(1, 2)))
		var now, last, bytes int64
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			now += rapid.Int64Range(0, 100_000).Draw(t, "gap")
			size := rapid.IntRange(20, mtu).Draw(t, "size")
			before := max(0, (l.free-float64(now))/l.perByte)
			at, f := l.send(now, size)
			if f == dropped {
				require.Greater(t, before+float64(size), float64(c.Queue))
				continue
			}
			bytes += int64(size)
			require.LessOrEqual(t, (l.free-float64(now))/l.perByte, float64(c.Queue)+1e-3)
			require.GreaterOrEqual(t, l.free+1, 8e9*float64(bytes)/c.Rate, "never faster than the rate")
			if f == lost {
				continue
			}
			require.GreaterOrEqual(t, at, last)
			require.GreaterOrEqual(t, at, now+int64(c.RTT/2))
			last = at
		}
	})
}

func TestLineIsBusyAllTheTime(t *testing.T) {
	l := newLine(Config{RTT: 10 * time.Millisecond, Rate: 1.2e9, Queue: 64 << 20}, nil)
	var at int64
	for range 10_000 { // of 10 us
		var f fate
		at, f = l.send(0, mtu)
		require.Equal(t, arrives, f)
	}
	require.InDelta(t, 100e6+5e6, float64(at), 1)
	at, _ = l.send(int64(time.Second), mtu)
	require.InDelta(t, 1e9+10e3+5e6, float64(at), 1, "an idle line saves nothing up")
}

// Of a large packet, only the segments that are hit are lost, as of small ones.
func TestLossOfLargePackets(t *testing.T) {
	for _, loss := range []float64{0.0002, 0.01, 0.5} {
		d := newDirection(Config{Loss: loss})
		p := segment{payload: make([]byte, 63_000), mss: 1448, tcpOptions: make([]byte, 12)}.packet()
		const packets, segments = 5000, 44
		var bytes int64
		for range packets {
			d.take(copy(d.fifo.space(), p), 0)
			for q, _, ok := d.fifo.head(); ok; q, _, ok = d.fifo.head() {
				s := shapeOf(q)
				for i := range s.segments {
					bytes += int64(s.wire(i))
				}
				d.fifo.pop()
			}
		}
		got := d.read()
		require.EqualValues(t, packets*segments, got.Packets+got.Lost)
		require.Equal(t, bytes, got.Bytes)
		n := packets * segments
		sigma := math.Sqrt(loss * (1 - loss) * float64(n))
		require.InDelta(t, loss*float64(n), got.Lost, 5*sigma)
	}
}

// A queue that has room for a part of a large packet takes that part.
func TestQueueTakesAPart(t *testing.T) {
	d := newDirection(Config{Rate: 1e6, Queue: 15_000})
	p := segment{payload: make([]byte, 20*1448), mss: 1448, tcpOptions: make([]byte, 12)}.packet()
	d.take(copy(d.fifo.space(), p), 0)
	require.Equal(t, Counts{Packets: 10, Bytes: 15_000, Dropped: 10}, d.read())
	q, at, ok := d.fifo.head()
	require.True(t, ok)
	require.Equal(t, 10, shapeOf(q).segments)
	require.Equal(t, 120*time.Millisecond, time.Duration(at))
}

func TestFifo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fifo
		type sent struct {
			n    int
			mark byte
		}
		var model []sent
		var held int64
		for i := range rapid.IntRange(1, 3000).Draw(t, "steps") {
			if rapid.IntRange(0, 4).Draw(t, "step") > 0 {
				n := rapid.OneOf(rapid.IntRange(vnetLen, 100), rapid.IntRange(vnetLen, maxPacket)).Draw(t, "n")
				s := f.space()
				require.Len(t, s, maxPacket)
				s[0], s[n-1] = byte(i), byte(i)
				f.push(n, int64(i))
				model, held = append(model, sent{n, byte(i)}), held+int64(n)
				continue
			}
			p, _, ok := f.head()
			require.Equal(t, len(model) > 0, ok)
			if ok {
				require.Equal(t, model[0], sent{len(p), p[0]})
				require.Equal(t, p[0], p[len(p)-1])
				f.pop()
				model, held = model[1:], held-int64(len(p))
			}
		}
		require.Equal(t, held, f.held)
		require.Equal(t, len(model), f.count)
	})
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	d := newDirection(Config{RTT: time.Millisecond, Rate: 1e9, Loss: 0.01})
	large := segment{payload: make([]byte, 60_000), mss: 1448}.packet()
	small := segment{mss: 1448}.packet()
	var now int64
	step := func() {
		for range 100 {
			now += int64(time.Millisecond)
			d.take(copy(d.fifo.space(), large), now)
			d.take(copy(d.fifo.space(), small), now)
			for d.fifo.count > 50 {
				d.fifo.pop()
			}
		}
	}
	step()
	require.Zero(t, testing.AllocsPerRun(20, step))
}

func TestMemoryIsBounded(t *testing.T) {
	d := newDirection(Config{RTT: time.Second})
	d.fifo.held = maxHeld + 1
	d.take(copy(d.fifo.space(), segment{mss: 1}.packet()), 0)
	require.Equal(t, Counts{Overrun: 1}, d.read())
}
