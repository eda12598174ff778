package result

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// What nothing measured can exceed, so that sums and quotients of figures stay finite and whole numbers exact.
const (
	shortest   = 1e-9    // seconds of a good run
	longest    = 1e9     // seconds: 30 years
	mostBytes  = 1 << 60 // 1 EiB
	mostCounts = 1 << 40 // files, segments
	mostParts  = 1 << 20 // connections, channels, blocks in flight, cores
)

// Check says what in f no benchmark can have measured: a time that is negative, not finite or, in a good run, nothing; a
// negative or absurd number; a direction or a kind of path that does not exist; a case without a tool.
func (f *File) Check() error {
	if f.Path.Kind != "" && !slices.Contains([]string{Loopback, Network, Emulated}, f.Path.Kind) {
		return fmt.Errorf("path: no such kind: %q", f.Path.Kind)
	}
	err := errors.Join(
		seconds("path: rtt_seconds", f.Path.RTT), number("path: overrun", f.Path.Overrun, mostCounts),
		number("host: cores", int64(f.Host.Cores), mostParts), number("host: memory_bytes", f.Host.Memory, mostBytes),
		number("host: rmem_max_bytes", f.Host.RmemMax, mostBytes), number("host: wmem_max_bytes", f.Host.WmemMax, mostBytes),
		number("host: mtu_bytes", int64(f.Host.MTU), mostBytes),
	)
	if err != nil {
		return err
	}
	for i, c := range f.Cases {
		if err := c.check(); err != nil {
			return fmt.Errorf("case %d (%q): %w", i+1, c.Tool, err)
		}
	}
	return nil
}

func (c Case) check() error {
	if c.Tool == "" {
		return errors.New("no tool")
	}
	if c.Direction != Up && c.Direction != Down {
		return fmt.Errorf("no such direction: %q", c.Direction)
	}
	err := errors.Join(
		number("files", c.Work.Files, mostCounts), number("file_bytes", c.Work.Size, mostBytes),
		number("connections", int64(c.Connections), mostParts), number("sessions", int64(c.Sessions), mostParts),
		number("block_bytes", c.Block, mostBytes), number("inflight", int64(c.Inflight), mostParts),
	)
	if err != nil {
		return err
	}
	if c.Work.Files > 0 && c.Work.Size > mostBytes/c.Work.Files {
		return fmt.Errorf("%d files of %d bytes are more than can be", c.Work.Files, c.Work.Size)
	}
	for i, s := range c.Samples {
		if err := s.check(); err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
	}
	return nil
}

func (s Sample) check() error {
	if s.Good() && s.Seconds < shortest {
		return fmt.Errorf("seconds: %g: no copy takes so little", s.Seconds)
	}
	return errors.Join(
		seconds("seconds", s.Seconds), seconds("user_seconds", s.User), seconds("system_seconds", s.System),
		seconds("rtt_seconds", s.RTT), seconds("min_rtt_seconds", s.MinRTT),
		number("bytes", s.Bytes, mostBytes), number("files", s.Files, mostCounts), number("peak_rss_bytes", s.PeakRSS, mostBytes),
		number("connections_used", int64(s.Connections), mostParts), number("channels_used", int64(s.Channels), mostParts),
		number("block_bytes_used", s.Block, mostBytes), number("inflight_used", int64(s.Inflight), mostParts),
		number("retransmits", s.Retransmits, mostCounts),
	)
}

func seconds(name string, v float64) error {
	if math.IsNaN(v) || v < 0 || v > longest {
		return fmt.Errorf("%s: %g is not a time in seconds", name, v)
	}
	return nil
}

func number(name string, v, most int64) error {
	if v < 0 || v > most {
		return fmt.Errorf("%s: %d is not between 0 and %d", name, v, most)
	}
	return nil
}
