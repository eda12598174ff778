package benchmark

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/benchmark/result"
)

// small is a question that can be answered at once.
func small() Spec {
	return Spec{
		Works: []result.Work{{Files: 1, Size: 2 << 20}}, Directions: []result.Direction{result.Up}, Connections: []int{1, 4}, Sessions: []int{1},
		Ciphers: []string{""}, Settings: []string{result.SameCipher}, SameCipher: "aes128-gcm@openssh.com",
		Source: result.Memory, Sink: result.Memory, Runs: 2, Warmup: 1, Timeout: time.Minute, Time: time.Minute,
	}
}

func TestValidate(t *testing.T) {
	good := small()
	require.NoError(t, good.Validate())
	for name, spoil := range map[string]func(*Spec){
		"no run":               func(s *Spec) { s.Runs = 0 },
		"negative runs":        func(s *Spec) { s.Runs = -1 },
		"negative warm-up":     func(s *Spec) { s.Warmup = -1 },
		"no data":              func(s *Spec) { s.Works = nil },
		"no direction":         func(s *Spec) { s.Directions = nil },
		"no connections":       func(s *Spec) { s.Connections = nil },
		"no sessions":          func(s *Spec) { s.Sessions = nil },
		"no connection":        func(s *Spec) { s.Connections = []int{1, 0} },
		"no session":           func(s *Spec) { s.Sessions = []int{0} },
		"negative block":       func(s *Spec) { s.Block = -1 },
		"negative in flight":   func(s *Spec) { s.Inflight = -1 },
		"negative time-out":    func(s *Spec) { s.Timeout = -1 },
		"negative time":        func(s *Spec) { s.Time = -1 },
		"unknown source":       func(s *Spec) { s.Source = "tape" },
		"source null":          func(s *Spec) { s.Source = result.Null },
		"unknown sink":         func(s *Spec) { s.Sink = "" },
		"no file":              func(s *Spec) { s.Works[0].Files = 0 },
		"negative size":        func(s *Spec) { s.Works[0].Size = -1 },
		"tree to the null":     func(s *Spec) { s.Sink, s.Works[0].Files = result.Null, 2 },
		"more than can be":     func(s *Spec) { s.Works[0].Size = math.MaxInt64 },
		"more files than can":  func(s *Spec) { s.Works[0] = result.Work{Files: math.MaxInt64, Size: 0} },
		"a sum past an int64":  func(s *Spec) { s.Works[0] = result.Work{Files: 1 << 32, Size: 1 << 32} },
		"a second set is none": func(s *Spec) { s.Works = append(s.Works, result.Work{}) },
	} {
		s := small()
		spoil(&s)
		require.ErrorAs(t, s.Validate(), new(*SpecError), name)
	}
	for name, change := range map[string]func(*Spec){
		"a size to be found":   func(s *Spec) { s.Works[0].Size = 0 },
		"null":                 func(s *Spec) { s.Sink = result.Null },
		"from and to the disk": func(s *Spec) { s.Source, s.Sink = result.Disk, result.Disk },
		"no warm-up, no limit": func(s *Spec) { s.Warmup, s.Timeout = 0, 0 },
		"as much as can be":    func(s *Spec) { s.Works[0].Size = mostData },
	} {
		s := small()
		change(&s)
		require.NoError(t, s.Validate(), name)
	}
}
