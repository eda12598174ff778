package link

import "sync/atomic"

// Stats counts what the link did since it was made.
type Stats struct {
	Up   Counts // from the client to the server
	Down Counts // from the server to the client
}

// Counts is one direction. Packets are those that a wire would have seen: a TCP segment of 64 KiB counts as 45.
type Counts struct {
	Packets int64 // that arrived, or are on their way
	Bytes   int64 // of these, with their IP headers
	Dropped int64 // packets that found the queue full
	Lost    int64 // packets lost at random
	Overrun int64 // writes of up to 64 KiB that this machine lost because it could not keep up; above 0 the link was not what it was asked to be
}

type counters struct {
	packets, bytes, dropped, lost, overrun atomic.Int64
}

func (c *counters) read() Counts {
	return Counts{c.packets.Load(), c.bytes.Load(), c.dropped.Load(), c.lost.Load(), c.overrun.Load()}
}
