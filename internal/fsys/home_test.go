package fsys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
)

// TestNoOtherHomes: a server without expand-path@openssh.com is not asked.
func TestNoOtherHomes(t *testing.T) {
	s := openFaulty(t, 0)
	_, err := s.FS.(fsys.HomeExpander).ExpandHome("~root")
	require.ErrorIs(t, err, fsys.ErrNoHomes)
	_, err = s.Stat(s.at("."))
	require.NoError(t, err, "the channel goes on")
}
