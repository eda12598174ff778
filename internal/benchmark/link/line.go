package link

import (
	"math/rand/v2"
)

// line is one direction as arithmetic: a queue with a limit, emptied at a rate, before a line with a delay that loses packets. Time is in
// nanoseconds from any zero. The queue needs no packets in it: when the last of them will have left says how much is there.
type line struct {
	delay   int64   // ns
	perByte float64 // ns; 0: no queue
	limit   float64 // bytes
	loss    float64
	random  *rand.Rand
	free    float64 // when the queue is empty, ns
}

func newLine(c Config, random *rand.Rand) *line {
	l := &line{delay: int64(c.RTT / 2), loss: c.Loss, random: random}
	if c.Rate > 0 {
		l.perByte = 8e9 / c.Rate
		l.limit = c.queueLimit()
	}
	return l
}

type fate int

const (
	arrives fate = iota
	dropped      // the queue was full
	lost         // on the line, whose time it has taken
)

// send gives the line a packet of size bytes at now, which never goes back. at, of a packet that arrives, never goes back either.
func (l *line) send(now int64, size int) (at int64, f fate) {
	if l.perByte > 0 {
		empty := max(l.free, float64(now))
		if waiting := (empty - float64(now)) / l.perByte; waiting+float64(size) > l.limit {
			return 0, dropped
		}
		l.free = empty + float64(size)*l.perByte
		now = int64(l.free)
	}
	if l.loss > 0 && l.random.Float64() < l.loss {
		return 0, lost
	}
	return now + l.delay, arrives
}
