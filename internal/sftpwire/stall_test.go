package sftpwire

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A request without an answer is a stall, ours or pkg/sftp's; an idle channel, or one whose requests are answered, is not.
func TestStalled(t *testing.T) {
	const limit = 30 * time.Millisecond
	c, client, p := newPeer(t)
	for name, request := range map[string]func() error{
		"ours":       func() error { _, err := c.Stat("f"); return err },
		"pkg/sftp's": func() error { return client.PosixRename("a", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			time.Sleep(2 * limit)
			require.False(t, c.Stalled(limit), "idle")
			var wg sync.WaitGroup
			defer wg.Wait()
			wg.Go(func() { _ = request() })
			asked := p.next()
			require.Eventually(t, func() bool { return c.Stalled(limit) }, 10*time.Second, time.Millisecond)
			require.False(t, c.Stalled(time.Hour))
			p.reply(asked, typeStatus, status(StatusFailure, ""))
		})
	}
}
