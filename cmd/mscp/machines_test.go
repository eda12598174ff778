//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/faultproxy"
)

const machinesSize = 9 << 20 // bytes, of a file in many chunks

// requireOnOne requires the copy on one machine, whole, and no file on the other one.
func (m *machines) requireOnOne(machine int, want map[string][]byte) {
	m.t.Helper()
	got := m.found(machine, "node")
	require.Len(m.t, got, len(want))
	for name, b := range want {
		require.True(m.t, bytes.Equal(b, got[name]), name)
	}
	require.Empty(m.t, m.found(1-machine, "node"))
}

// source makes what is to be copied, and returns it as it is to arrive.
func (m *machines) source() map[string][]byte {
	m.make("src/large", machinesSize)
	want := map[string][]byte{}
	for i := range 30 {
		m.make(fmt.Sprintf("src/small%d", i), 1000+i)
	}
	for name := range m.files("src") {
		b, err := os.ReadFile(m.path("src/" + name))
		require.NoError(m.t, err)
		want[name] = b
	}
	return want
}

func chunkyLarge(args ...string) []string {
	return append([]string{"-s", "256k", "-S", "256k"}, args...)
}

// A name that leads to two machines, each connection to the other one: the copy is whole on one of them, and says why it is slower.
func TestUploadToTwoMachines(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"connections": {"-n", "4"}, "default": {"-L", "80m"}, "verified": {"-n", "4", "--verify=readback"}, "by command": {"-n", "4", "--verify"},
		"in place": {"-n", "4", "--inplace"}, "preserved": {"-n", "4", "-p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := twoMachines(t, roundRobin)
			want := m.source()
			o := m.exits(0, append(chunkyLarge(flags...), "src/.", "server:node")...)
			m.requireOnOne(0, want)
			if name != "default" {
				require.Contains(t, o.stderr, "another machine")
			}
		})
	}
}

// The only connection is dropped once, and the next one leads to the other machine.
func TestDroppedBeforeTwoMachines(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"plain": nil, "verified": {"--verify=readback"}, "in place": {"--inplace"}, "no journal": {"-n", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := twoMachines(t, dropped(faultproxy.Up, machinesSize/2))
			want := m.source()
			if name == "no journal" {
				m.env = append(m.env, "XDG_STATE_HOME=/proc/none")
			}
			m.exits(0, append(chunkyLarge(append([]string{"-n", "1"}, flags...)...), "src/.", "server:node")...)
			m.requireOnOne(0, want)
		})
	}
}

// Where only the other machine answers any more, the copy ends, and the next run begins anew there.
func TestFirstMachineIsGone(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--inplace"}} {
		m := twoMachines(t, nil)
		want := m.source()
		gone := func(n int) (int, faultproxy.Fault) {
			if n == 1 {
				return 0, faultproxy.Fault{Kind: faultproxy.Reset, Dir: faultproxy.Up, At: machinesSize / 2}
			}
			return 1, faultproxy.Fault{}
		}
		m.lead(gone)
		args := append(chunkyLarge("-n", "1", "--retries", "2"), append(flags, "src/.", "server:node")...)
		o := m.exits(3, args...)
		require.Contains(t, o.stderr, "another machine")
		require.Empty(t, m.found(1, "node"))
		require.NotEmpty(t, m.found(0, "node"), "what was copied stays")
		m.lead(only(1))
		m.exits(0, args...)
		got := m.found(1, "node")
		require.Len(t, got, len(want))
		require.True(t, bytes.Equal(want["large"], got["large"]))
	}
}

// Reruns that land on this machine and on that one never take the files of the one for those of the other.
func TestRerunsBetweenTwoMachines(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--inplace"}, {"-n", "4"}} {
		m := twoMachines(t, nil)
		want := m.source()
		args := append(chunkyLarge("-n", "1", "--retries", "1"), append(flags, "src/.", "server:node")...)
		for i, at := range []int64{machinesSize * 2 / 3, machinesSize / 3} {
			m.lead(func(n int) (int, faultproxy.Fault) {
				if n == 1 {
					return i, faultproxy.Fault{Kind: faultproxy.Reset, Dir: faultproxy.Up, At: at}
				}
				return i, faultproxy.Fault{Refuse: true}
			})
			m.exits(3, args...)
		}
		m.lead(only(0))
		m.exits(0, args...)
		got := m.found(0, "node")
		require.Len(t, got, len(want), "nothing else is left")
		for name, b := range want {
			require.True(t, bytes.Equal(b, got[name]), name)
		}
	}
}

// Both machines have the file, of one size and time, and with the same beginning.
func TestDownloadFromTwoMachines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		way   func(int) (int, faultproxy.Fault)
		flags []string
	}{
		"connections": {roundRobin, []string{"-n", "4"}}, "default": {roundRobin, nil},
		"verified": {roundRobin, []string{"-n", "4", "--verify=readback"}},
		"dropped":  {dropped(faultproxy.Down, machinesSize/2), []string{"-n", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := twoMachines(t, tc.way)
			var content [2][]byte
			at := time.Unix(1_700_000_000, 0)
			for i := range content {
				content[i] = bytes.Repeat([]byte{'a'}, machinesSize)
				for j := 64 << 10; j < machinesSize; j++ {
					content[i][j] = byte(i + j>>10)
				}
				require.NoError(t, os.WriteFile(m.on(i, "node/f"), content[i], 0o644))
				require.NoError(t, os.Chtimes(m.on(i, "node/f"), at, at))
			}
			m.exits(0, append(chunkyLarge(tc.flags...), "server:node/f", "got")...)
			got, err := os.ReadFile(m.path("got"))
			require.NoError(t, err)
			require.True(t, bytes.Equal(content[0], got))
		})
	}
}
