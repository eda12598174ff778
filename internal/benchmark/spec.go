package benchmark

import (
	"fmt"
	"slices"
	"time"

	"mscp/internal/benchmark/result"
)

// Spec is what is to be measured.
type Spec struct {
	Works       []result.Work // a Size of 0 is found by a trial, see Runner
	Directions  []result.Direction
	Connections []int    // of mscp
	Sessions    []int    // of mscp, channels for each connection
	Ciphers     []string // of mscp; "" is mscp's own choice
	Block       int64    // of mscp, bytes; 0: its own choice
	Inflight    int      // of mscp, blocks on each channel; 0: its own choice
	Peers       []Tool
	Settings    []string // of peers: result.SameCipher, result.Defaults
	SameCipher  string   // what peers take as the same as mscp's own choice; Runner finds it by a trial
	Limits      bool     // measure also what the path itself carries
	Source      string   // result.Memory or result.Disk
	Sink        string   // result.Memory, result.Disk or result.Null
	Runs        int      // that count, of each case
	Warmup      int      // before them, that do not
	Timeout     time.Duration
	Time        time.Duration // for all runs together, where a Size is to be found
}

// What no machine holds, so that sums stay exact.
const (
	mostData  = 1 << 60 // bytes
	mostFiles = 1 << 40
)

// SpecError is a combination that cannot be measured.
type SpecError struct{ text string }

func (e *SpecError) Error() string { return e.text }

func wrong(format string, args ...any) error { return &SpecError{fmt.Sprintf(format, args...)} }

// Validate returns a *SpecError.
func (s *Spec) Validate() error {
	switch {
	case s.Runs < 1:
		return wrong("at least one run is needed")
	case s.Warmup < 0:
		return wrong("the number of warm-up runs must not be negative")
	case len(s.Works) == 0 || len(s.Directions) == 0 || len(s.Connections) == 0 || len(s.Sessions) == 0:
		return wrong("there is nothing to measure")
	case slices.Min(s.Connections) < 1 || slices.Min(s.Sessions) < 1:
		return wrong("connections and sessions are at least 1")
	case s.Timeout < 0 || s.Time < 0:
		return wrong("times must not be negative")
	case s.Block < 0 || s.Inflight < 0:
		return wrong("block and blocks in flight must not be negative")
	case !slices.Contains([]string{result.Memory, result.Disk}, s.Source):
		return wrong("%q is not a source: memory or disk", s.Source)
	case !slices.Contains([]string{result.Memory, result.Disk, result.Null}, s.Sink):
		return wrong("%q is not a sink: memory, disk or null", s.Sink)
	}
	for _, w := range s.Works {
		if w.Files < 1 || w.Size < 0 {
			return wrong("a data set has at least one file, and its files no negative size")
		}
		if w.Files > mostFiles || w.Size > mostData/w.Files {
			return wrong("%d files of %d bytes are too many to measure", w.Files, w.Size)
		}
		if s.Sink == result.Null && w.Files > 1 {
			return wrong("the null sink takes one file, not %d", w.Files)
		}
	}
	return nil
}

// runs is how many commands one case takes.
func (s *Spec) runs() int { return s.Warmup + s.Runs }
