package main

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInterrupts(t *testing.T) {
	for name, c := range map[string]struct {
		sig   syscall.Signal
		after time.Duration
		want  bool
	}{
		"sent to the process and to its group": {syscall.SIGINT, sameSignal - 1, false},
		"typed again":                          {syscall.SIGINT, sameSignal, true},
		"a scheduler that insists":             {syscall.SIGTERM, time.Hour, false},
		"a terminal that goes away":            {syscall.SIGHUP, time.Hour, false},
	} {
		var i interrupts
		begun := time.Unix(1, 0)
		require.False(t, i.impatient(syscall.SIGINT, begun), name)
		require.Equal(t, c.want, i.impatient(c.sig, begun.Add(c.after)), name)
	}
}

func TestIgnoredSignalsStayIgnored(t *testing.T) {
	for _, ignored := range [][]os.Signal{
		{}, {syscall.SIGHUP}, {syscall.SIGTERM}, {syscall.SIGTERM, syscall.SIGHUP},
	} {
		caught := endings(func(s os.Signal) bool { return slices.Contains(ignored, s) })
		require.Len(t, caught, 4-len(ignored))
		for _, s := range ignored {
			require.NotContains(t, caught, s)
		}
	}
}
