package sftpwire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetStatClose(t *testing.T) {
	for name, codes := range map[string][2]uint32{"well": {0, 0}, "attributes": {3, 0}, "close": {0, 4}} {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			var attrErr error
			done := async(func() (err error) {
				attrErr, err = (&Handle{c, "h"}).SetStatClose(Attrs{Flags: AttrPermissions})
				return err
			})
			set, last := p.next(), p.next()
			require.Equal(t, []byte{typeFsetstat, typeClose}, []byte{set.typ, last.typ})
			p.reply(set, typeStatus, status(codes[0], ""))
			p.reply(last, typeStatus, status(codes[1], ""))
			require.Equal(t, codes[1], code(<-done))
			require.Equal(t, codes[0], code(attrErr))
		})
	}
}
