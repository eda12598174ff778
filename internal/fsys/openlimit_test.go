package fsys

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func never() bool { return false }

func newLimit() *openLimit {
	l := new(openLimit)
	l.init()
	return l
}

// A refusal while others are open halves them; what is refused alone is refused for a reason of its own, and limits nothing.
func TestOpenLimit(t *testing.T) {
	l := newLimit()
	for i := range 8 {
		require.Equal(t, i+1, l.enter(never))
	}
	require.False(t, l.refused(8))
	require.Equal(t, 4, l.most)
	require.True(t, l.limited())
	require.Zero(t, l.enter(func() bool { return true }), "a channel that has ended waits for nothing")
	for range 7 {
		l.leave()
	}
	require.True(t, l.refused(l.enter(never)))
	require.False(t, l.limited(), "it was that file's own")

	l.enter(never)
	require.False(t, l.refused(l.enter(never)))
	require.Equal(t, 1, l.most, "such servers refuse files for their own sake: the next one is asked for alone")
	l.leave()
	require.True(t, l.refused(l.enter(never)))
}

// However many are refused, a server that bears some is never asked for more than one beyond them once that is known, and a forbidden
// file does not make it forgotten.
func TestOpenLimitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bears, ask := rapid.IntRange(1, 40).Draw(t, "bears"), rapid.IntRange(1, 200).Draw(t, "ask")
		l := newLimit()
		open, refused := 0, 0
		for range ask {
			for l.most > 0 && l.open >= l.most { // one of those that are open ends
				l.leave()
				open--
			}
			n := l.enter(never)
			if open < bears {
				open++
				if refused > 0 {
					l.granted(n)
				}
				continue
			}
			refused++
			require.False(t, l.refused(n))
		}
		require.LessOrEqual(t, l.open, bears)
		require.LessOrEqual(t, refused, 7)
		for ; open > 0; open-- {
			l.leave()
		}
		if refused > 0 {
			require.LessOrEqual(t, l.most, bears)
		}
		require.True(t, l.refused(l.enter(never)))
		require.LessOrEqual(t, l.most, bears)
	})
}
