package result

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMergeOnOneMachine(t *testing.T) {
	a, b := sampleFile(), sampleFile()
	b.Interrupted, b.Path.RTT, b.Started = true, 0.09, a.Started.Add(-time.Hour)
	got := Merge(Named{"a.json", a}, Named{"b.json", b})
	require.Len(t, got, 1)
	s := got[0]
	require.Equal(t, []string{"a.json", "a.json", "b.json", "b.json"}, []string{s.Cases[0].From, s.Cases[1].From, s.Cases[2].From, s.Cases[3].From})
	require.True(t, s.Interrupted)
	require.Equal(t, 0.09, s.Path.RTT)
	require.Equal(t, b.Started, s.Started)
	require.Equal(t, a.Command, s.Command)
	require.Equal(t, []Skipped{
		{"lftp", "not installed (a.json)"}, {"lftp", "not installed (b.json)"}, {"the rest", "interrupted (b.json)"},
	}, s.Skipped)
	require.Equal(t, sampleFile(), a, "the files stay as they were")
	require.NoError(t, s.Check())
}

func TestMergeKeepsMachinesApart(t *testing.T) {
	a, b, c := sampleFile(), sampleFile(), sampleFile()
	b.Host.TCPWmem = "4096 16384 134217728"
	c.Command = []string{"mscp", "bench", "--runs", "5"}
	got := Merge(Named{"a", a}, Named{"b", b}, Named{"c", c})
	require.Len(t, got, 2)
	require.Len(t, got[0].Cases, 4)
	require.Nil(t, got[0].Command, "two commands made it")
	require.Equal(t, b.Command, got[1].Command)
	require.Equal(t, "b", got[1].Cases[0].From)
}

func TestMergeOfNothing(t *testing.T) { require.Empty(t, Merge()) }
