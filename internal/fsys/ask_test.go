package fsys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/fsys"
	"mscp/internal/sshserver"
)

// endsAt is a server that ends the channel at a kind of request.
type endsAt sshserver.Kind

func (e endsAt) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Kind(e) {
		return sshserver.Hangup
	}
	return sshserver.Pass
}
func (endsAt) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A refusal whose reason is asked for, on a channel that ends meanwhile, is a lost channel: the reason may be that an earlier
// request did what was asked, and its answer was lost.
func TestLostWhileAskingWhy(t *testing.T) {
	s := openFaulty(t, 0, endsAt(sshserver.Lstat))
	require.NoError(t, s.Mkdir(s.at("d"), 0o755))
	err := s.Mkdir(s.at("d"), 0o755)
	require.True(t, fsys.Lost(err), "%v", err)

	s = openFaulty(t, 0, sshserver.Without(sshserver.ExtPosixRename), endsAt(sshserver.Lstat))
	s.write(t, "a", "x")
	s.write(t, "b", "y")
	_, err = s.Rename(s.at("a"), s.at("b"))
	require.True(t, fsys.Lost(err), "%v", err)
}
