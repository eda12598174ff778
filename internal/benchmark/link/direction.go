package link

// direction takes packets in at one end and holds them until they come out at the other. It does no I/O and knows no clock.
type direction struct {
	line    *line
	fifo    fifo
	runs    []run
	scratch [maxPacket]byte
	counters
}

// run is segments that stay together: those from from to to-1, of which the last arrives at at.
type run struct {
	from, to int
	at       int64
}

// take sends the packet that was read into the first n bytes of fifo.space, at now. Each of its segments meets its own fate; those between two that
// are gone travel on as one packet, which arrives when its last segment does.
func (d *direction) take(n int, now int64) {
	p := d.fifo.space()[:n]
	if n < vnetLen || d.fifo.held > maxHeld {
		d.overrun.Add(1)
		return
	}
	s := shapeOf(p)
	d.travel(s, now)
	if len(d.runs) == 1 && d.runs[0].to-d.runs[0].from == s.segments {
		d.fifo.push(n, d.runs[0].at)
		return
	}
	if len(d.runs) > 0 {
		copy(d.scratch[:n], p)
	}
	for _, r := range d.runs {
		d.fifo.push(s.cut(d.fifo.space(), d.scratch[:n], r.from, r.to), r.at)
	}
}

// travel leaves in d.runs the segments that arrive.
func (d *direction) travel(s shape, now int64) {
	d.runs = d.runs[:0]
	var packets, bytes, full, gone int64
	for i := range s.segments {
		at, f := d.line.send(now, s.wire(i))
		switch f {
		case dropped:
			full++
		case lost:
			gone++
		case arrives:
			packets++
			bytes += int64(s.wire(i))
			if k := len(d.runs) - 1; k >= 0 && d.runs[k].to == i {
				d.runs[k].to, d.runs[k].at = i+1, at
			} else {
				d.runs = append(d.runs, run{i, i + 1, at})
			}
		}
	}
	d.packets.Add(packets)
	d.bytes.Add(bytes)
	d.dropped.Add(full)
	d.lost.Add(gone)
}
