package fsys

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sftpwire"
)

// TestBadMessage: OpenSSH answers ENAMETOOLONG and EINVAL with SSH_FX_BAD_MESSAGE, which says nothing to a user.
func TestBadMessage(t *testing.T) {
	err := statusReason(sftpwire.StatusBadMessage, "Bad message")
	require.ErrorIs(t, err, ErrFailure)
	require.ErrorContains(t, err, "name is too long or not allowed")
	require.ErrorContains(t, statusReason(sftpwire.StatusBadMessage, ""), "name is too long or not allowed")
	require.NotContains(t, statusReason(sftpwire.StatusFailure, "").Error(), "name")
}
