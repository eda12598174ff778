package progress

import (
	"time"

	"mscp/internal/transfer"
)

// unknown is a percentage or a time left that nobody knows yet.
const unknown = -1

// window is how far back the current rate looks: long enough to be readable, short enough to show a stall.
const window = 5 * time.Second

// longestETA is what a time left is still shown for; beyond it the figure means only that the copy stalls.
const longestETA = 100 * 24 * time.Hour

// status is one look at a copy.
type status struct {
	elapsed           time.Duration
	bytes, bytesKnown int64
	files, filesKnown int64
	dirs, skipped     int64
	failed            int64
	kept, verified    int64 // bytes
	unchanged         int64 // files
	conns, lanes      int64
	walked            bool    // the known figures are totals
	rate              float64 // byte/s
	fileRate          float64 // files/s
	ended             bool    // elapsed and rate are those of the whole copy
}

// look reads the counters. Walked comes first and the known figures last: a look that says walked has
// the totals, and done is never more than known.
func look(c *transfer.Counters) status {
	s := status{walked: c.Walked.Load()}
	s.bytes, s.files = c.Bytes.Load(), c.Files.Load()
	s.dirs, s.skipped, s.failed = c.Dirs.Load(), c.Skipped.Load(), c.Failed.Load()
	s.unchanged = c.Unchanged.Load()
	s.kept, s.verified = c.Kept.Load(), c.Verified.Load()
	s.conns, s.lanes = c.Conns.Load(), c.Lanes.Load()
	s.bytesKnown, s.filesKnown = c.BytesKnown.Load(), c.FilesKnown.Load()
	return s
}

// verifying tells whether all bytes have arrived, and what is left is to compare them.
func (s status) verifying() bool {
	return !s.ended && s.walked && s.bytes >= s.bytesKnown && s.verified > 0 && s.verified < s.bytes
}

// percent is of the bytes, or of the files where there are no bytes. It is rounded down, and 100 only when every file
// is in place.
func (s status) percent() int {
	switch {
	case !s.walked || s.filesKnown <= 0 && s.bytesKnown <= 0:
		return unknown
	case s.bytesKnown <= 0:
		return int(min(100, 100*s.files/s.filesKnown))
	case s.files < s.filesKnown:
		return int(min(99, 100*float64(s.bytes)/float64(s.bytesKnown)))
	}
	return int(min(100, 100*float64(s.bytes)/float64(s.bytesKnown)))
}

// eta is the time left at the current rate: for the bytes, or for the files when only empty ones are left.
func (s status) eta() time.Duration {
	left, rate := float64(s.bytesKnown-s.bytes), s.rate
	if left <= 0 {
		left, rate = float64(s.filesKnown-s.files), s.fileRate
	}
	switch {
	case !s.walked:
		return unknown
	case left <= 0:
		return 0
	case rate <= 0 || left/rate > longestETA.Seconds():
		return unknown
	}
	return time.Duration(left / rate * float64(time.Second))
}

// meter keeps the looks of the last seconds, for the current rate.
type meter struct {
	window time.Duration
	past   []status // oldest first; the first is the last one that is older than the window
}

// rate adds a look and sets its rates.
func (m *meter) rate(s status) status {
	m.past = append(m.past, s)
	for len(m.past) > 2 && s.elapsed-m.past[1].elapsed >= m.window {
		m.past = m.past[1:]
	}
	first := m.past[0]
	if seconds := (s.elapsed - first.elapsed).Seconds(); seconds > 0 {
		s.rate = max(0, float64(s.bytes-first.bytes)/seconds)
		s.fileRate = max(0, float64(s.files-first.files)/seconds)
	}
	return s
}
