//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/faultproxy"
	"mscp/internal/sshserver"
)

// chunky are flags that make many chunks of little data, without waiting between tries for long.
func chunky(more ...string) []string {
	return append([]string{"-s", "128k", "-S", "128k", "-b", "32k"}, more...)
}

// Whatever befalls the line after the first login, the copy ends well and is the source.
func TestLineFaults(t *testing.T) {
	t.Parallel()
	type fault = faultproxy.Fault
	first := func(f fault) func(int) fault { // the first connections only, so that there is an end
		return func(n int) fault {
			if n > 2 {
				return fault{}
			}
			return f
		}
	}
	every := func(f fault) func(int) fault { return func(int) fault { return f } }
	later := func(f fault) func(int) fault {
		return func(n int) fault {
			if n == 1 {
				return fault{Rate: 3 << 20} // there is time for others
			}
			return f
		}
	}
	for name, tc := range map[string]struct {
		faults func(data faultproxy.Direction) func(int) fault
		flags  []string
		lost   bool // the user is told of a lost connection
	}{
		"reset": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.Reset, Dir: d, At: 400_000})
		}, nil, true},
		"reset of every connection": {func(d faultproxy.Direction) func(int) fault {
			return every(fault{Kind: faultproxy.Reset, Dir: d, At: 500_000})
		}, nil, true},
		"half close by the client": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.HalfClose, Dir: faultproxy.Up, At: 9_000})
		}, nil, true},
		"half close by the server": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.HalfClose, Dir: faultproxy.Down, At: 9_000})
		}, nil, true},
		"bit flip": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.BitFlip, Dir: d, At: 400_000})
		}, nil, true},
		"bit flip against the data": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.BitFlip, Dir: 1 - d, At: 7_000})
		}, nil, true},
		"black hole": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.BlackHole, Dir: d, At: 400_000})
		}, []string{"--stall-timeout", "1s", "-o", "ServerAliveInterval=0"}, true},
		"black hole, noticed by keepalive": {func(d faultproxy.Direction) func(int) fault {
			return first(fault{Kind: faultproxy.BlackHole, Dir: d, At: 400_000})
		}, []string{"--stall-timeout", "0", "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"}, true},
		"refused further connections": {func(faultproxy.Direction) func(int) fault {
			return later(fault{Refuse: true})
		}, []string{"-n", "3"}, false},
		"further connections that break while they log in": {func(faultproxy.Direction) func(int) fault {
			return later(fault{Kind: faultproxy.Reset, Dir: faultproxy.Down, At: 300})
		}, []string{"-n", "3"}, false},
		"refused dials after a reset": {func(d faultproxy.Direction) func(int) fault {
			return func(n int) fault {
				switch n {
				case 1:
					return fault{Kind: faultproxy.Reset, Dir: d, At: 400_000}
				case 2, 3:
					return fault{Refuse: true}
				}
				return fault{}
			}
		}, []string{"-n", "1"}, true},
		"delay": {func(faultproxy.Direction) func(int) fault { return every(fault{Delay: 2 * time.Millisecond}) }, nil, false},
		"rate":  {func(faultproxy.Direction) func(int) fault { return every(fault{Rate: 4 << 20}) }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ways(t, func(t *testing.T, src, dst string, data faultproxy.Direction) {
				r, p := faultyLine(t, sshserver.Options{}, tc.faults(data))
				r.tree("src")
				o := r.exits(0, append(chunky(tc.flags...), src, dst)...)
				r.sameAfterLoss(dst)
				if tc.lost {
					require.Contains(t, o.stderr, "a connection was lost, and mscp replaces it: ")
					require.Greater(t, p.Conns(), 1)
				} else {
					require.NotContains(t, o.stderr, "lost")
				}
			})
		})
	}
}
