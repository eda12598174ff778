package journal

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestHolderIn(t *testing.T) {
	const locks = `1: POSIX  ADVISORY  WRITE 11 fe:00:4711 0 EOF
2: FLOCK  ADVISORY  WRITE 22 fe:01:4711 0 EOF
3: FLOCK  ADVISORY  WRITE 33 fe:00:47110 0 EOF
3: -> FLOCK  ADVISORY  WRITE 44 fe:00:4711 0 EOF
4: FLOCK  ADVISORY  WRITE 55 fe:00:4711 0 EOF
5: FLOCK  ADVISORY  WRITE -1 08:101:1 0 EOF
6:
`
	in := func(major, minor uint32, ino uint64) int {
		return holderIn(strings.NewReader(locks), unix.Mkdev(major, minor), ino)
	}
	require.Equal(t, 55, in(0xfe, 0, 4711))
	require.Equal(t, 22, in(0xfe, 1, 4711))
	require.Zero(t, in(0xfe, 2, 4711))
	require.Zero(t, in(8, 0x101, 1), "a process that is out of sight")
}

func TestHolderOfNothing(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	require.Zero(t, holder(f))
	require.NoError(t, f.Close())
	require.Zero(t, holder(f))
}
