package journal

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryArgumentMakesTheKey(t *testing.T) {
	at := time.Unix(1700000000, 123)
	keys := map[Key]string{}
	add := func(what string, k Key) {
		require.NotContains(t, keys, k, what)
		keys[k] = what
	}
	add("first", KeyOf("ab", "c", 1, at, 2, 3))
	add("names split elsewhere", KeyOf("a", "bc", 1, at, 2, 3))
	add("names swapped", KeyOf("c", "ab", 1, at, 2, 3))
	add("NUL in a name", KeyOf("ab\x00", "c", 1, at, 2, 3))
	add("size", KeyOf("ab", "c", 2, at, 2, 3))
	add("seconds", KeyOf("ab", "c", 1, at.Add(time.Second), 2, 3))
	add("nanoseconds", KeyOf("ab", "c", 1, at.Add(1), 2, 3))
	add("no time", KeyOf("ab", "c", 1, time.Time{}, 2, 3))
	add("device", KeyOf("ab", "c", 1, at, 3, 3))
	add("inode", KeyOf("ab", "c", 1, at, 2, 2))
	add("device and inode swapped", KeyOf("ab", "c", 1, at, 3, 2))
}

func TestKeyIsThatOfOtherRuns(t *testing.T) {
	at := time.Unix(1700000000, 123)
	k := KeyOf("ab", "c", 1, at, 2, 3)
	require.Equal(t, k, KeyOf("ab", "c", 1, at.UTC(), 2, 3), "the zone is not the time")
	require.Equal(t, "671fb01d3cc38b0a9626b452e3b2b633", hex.EncodeToString(k[:]))
}

func TestKeysSortAsBytes(t *testing.T) {
	low, high := Key{7: 1}, Key{6: 1}
	require.Negative(t, compareKeys(low, high))
	require.Positive(t, compareKeys(high, low))
	require.Negative(t, compareKeys(Key{14: 1}, Key{13: 1}))
	require.Zero(t, compareKeys(low, low))
}
