package sshpool

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshdtest"
)

func TestOpen(t *testing.T) {
	s := sshdtest.Start(t)
	p := newPool(t, Options{Host: resolve(t, s)})
	ch, err := p.Open(within(t))
	require.NoError(t, err, s.Log())
	require.Equal(t, 1, p.Conns())
	require.Equal(t, "aes128-gcm@openssh.com", ch.Conn().Cipher())
	exercise(t, ch)
}
