package fsys

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimesThatSFTPCarries(t *testing.T) {
	s := &SFTP{}
	for unix, want := range map[int64][2]bool{
		-1: {false, true}, 0: {true, true}, 1<<31 - 1: {true, true}, 1 << 31: {true, false}, 1<<32 - 1: {true, false}, 1 << 32: {false, false},
	} {
		at := time.Unix(unix, 5)
		require.Equal(t, want, [2]bool{s.TakesTime(at), s.TellsTime(at)}, "%d", unix)
	}
}
