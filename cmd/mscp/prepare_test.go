//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/sftpwire"
	"mscp/internal/sshserver"
)

// firstOf does something to the first request of a kind, or to its reply.
type firstOf struct {
	kind    sshserver.Kind
	request sshserver.Action
	reply   sshserver.Action

	one, two sync.Once
	seen     chan struct{} // closed at the request
}

func newFirstOf(kind sshserver.Kind, request, reply sshserver.Action) *firstOf {
	return &firstOf{kind: kind, request: request, reply: reply, seen: make(chan struct{})}
}

func (o *firstOf) Request(c *sshserver.Call) (a sshserver.Action) {
	if c.Kind == o.kind {
		o.one.Do(func() { a = o.request; close(o.seen) })
	}
	return a
}

func (o *firstOf) Reply(c *sshserver.Call) (a sshserver.Action) {
	if c.Kind == o.kind {
		o.two.Do(func() { a = o.reply })
	}
	return a
}

// preparing are the requests before the copy begins: the same tree each way, to a target that is not there.
func preparing(t *testing.T, test func(t *testing.T, kind sshserver.Kind, args []string)) {
	for way, tc := range map[string]struct {
		args  []string
		kinds []sshserver.Kind
	}{
		"up":   {[]string{"src", "server:dst"}, []sshserver.Kind{sshserver.Extended, sshserver.Lstat, sshserver.Realpath, sshserver.Mkdir}},
		"down": {[]string{"server:src", "dst"}, []sshserver.Kind{sshserver.Extended, sshserver.Stat, sshserver.Realpath}},
	} {
		for _, kind := range tc.kinds {
			t.Run(fmt.Sprint(way, " ", kind), func(t *testing.T) {
				t.Parallel()
				test(t, kind, tc.args)
			})
		}
	}
}

// A server that never answers what is asked before the copy is given up.
func TestServerSilentBeforeTheCopy(t *testing.T) {
	t.Parallel()
	preparing(t, func(t *testing.T, kind sshserver.Kind, args []string) {
		r := faultyServer(t, withFaults(sshserver.Hang(kind, "")))
		r.tree("src")
		o := r.exits(3, append([]string{"--stall-timeout", "300ms"}, args...)...)
		require.Contains(t, o.stderr, "no answer within 300ms")
		require.NoFileExists(t, r.path("dst"))
		require.NoDirExists(t, r.path("dst"))
	})
}

func TestServerSilentInDryRun(t *testing.T) {
	t.Parallel()
	for _, kind := range []sshserver.Kind{sshserver.Stat, sshserver.Readdir} {
		r := faultyServer(t, withFaults(sshserver.Hang(kind, "")))
		r.tree("src")
		o := r.exits(3, "-D", "--stall-timeout", "300ms", "server:src", "dst")
		require.Contains(t, o.stderr, "no answer within 300ms")
	}
}

// One that loses the connection then, or falls silent once, whether it has done what it was asked or not, is asked again, and all lands
// where it would have.
func TestConnectionLostBeforeTheCopy(t *testing.T) {
	t.Parallel()
	preparing(t, func(t *testing.T, kind sshserver.Kind, args []string) {
		for name, fault := range map[string]*firstOf{
			"lost": newFirstOf(kind, sshserver.Hangup, sshserver.Pass), "lost when it is done": newFirstOf(kind, sshserver.Pass, sshserver.Hangup),
			"silent": newFirstOf(kind, sshserver.Drop, sshserver.Pass), "silent when it is done": newFirstOf(kind, sshserver.Pass, sshserver.Drop),
		} {
			t.Run(name, func(t *testing.T) {
				r := faultyServer(t, withFaults(fault))
				r.tree("src")
				o := r.exits(0, append([]string{"--stall-timeout", "2s"}, args...)...)
				require.Contains(t, o.stderr, "the connection was lost before the copy began, and mscp tries again")
				r.same("src", "dst")
			})
		}
	})
}

// A signal ends the waiting.
func TestSignalBeforeTheCopy(t *testing.T) {
	t.Parallel()
	preparing(t, func(t *testing.T, kind sshserver.Kind, args []string) {
		fault := newFirstOf(kind, sshserver.Drop, sshserver.Pass)
		r := faultyServer(t, withFaults(fault))
		r.tree("src")
		cmd := r.command(append([]string{"--stall-timeout", "0"}, args...)...)
		require.NoError(t, cmd.Start())
		<-fault.seen
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Wait(), &exit)
		require.Equal(t, 128+int(syscall.SIGTERM), exit.ExitCode())
	})
}

// A further connection that is lost before it can be used is none: it is not replaced for ever.
func TestFurtherConnectionLostAtOnce(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, withFaults(&furtherLost{}))
	r.tree("src")
	o := r.exits(0, append(chunky("-n", "4", "-L", "8m"), "src/.", "server:dst")...) // slow, so that they are opened before it ends
	require.Equal(t, 1, strings.Count(o.stderr, "a further connection failed, and the copy goes on without it"), o.stderr)
	require.NotContains(t, o.stderr, "is replaced")
	r.same("src", "dst")
}

// furtherLost hangs up when the limits are asked for, but for the first time.
type furtherLost struct{ limits atomic.Int64 }

func (f *furtherLost) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Extended && c.Ext == sftpwire.LimitsExtension && f.limits.Add(1) > 1 {
		return sshserver.Hangup
	}
	return sshserver.Pass
}

func (f *furtherLost) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A request whose answer is not needed in the end tells of a silent server as well.
func TestSilentWhereNothingWasNeeded(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, withFaults(newFirstOf(sshserver.Stat, sshserver.Drop, sshserver.Pass)))
	r.tree("src")
	require.NoError(t, os.MkdirAll(r.path("a/dst"), 0o755))
	o := r.exits(0, "--stall-timeout", "2s", "src/.", "server:a/dst")
	require.Contains(t, o.stderr, "mscp tries again: connection lost: no answer within 2s")
	r.same("src", "a/dst")
}

// A connection that ends while its SFTP session begins is tried again; where that happens each time, the copy ends.
func TestConnectionLostWhileSFTPBegins(t *testing.T) {
	t.Parallel()
	preparing(t, func(t *testing.T, kind sshserver.Kind, args []string) {
		if kind != sshserver.Extended {
			return
		}
		r := faultyServer(t, withFaults(newFirstOf(sshserver.Init, sshserver.Hangup, sshserver.Pass)))
		r.tree("src")
		o := r.exits(0, args...)
		require.Contains(t, o.stderr, "the connection was lost before the copy began, and mscp tries again")
		r.same("src", "dst")
		r = faultyServer(t, withFaults(endless{sshserver.Init}))
		r.tree("src")
		r.exits(3, args...)
	})
}

// endless hangs up at each request of a kind.
type endless struct{ kind sshserver.Kind }

func (e endless) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == e.kind {
		return sshserver.Hangup
	}
	return sshserver.Pass
}

func (endless) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }

// A READ that takes longer than --stall-timeout, as that of a file on tape does, is waited for while the connection is alive.
func TestReadThatTakesLong(t *testing.T) {
	t.Parallel()
	r := faultyServer(t, withFaults(&tape{}))
	r.tree("src")
	o := r.exits(0, append(chunky("-n", "1", "--stall-timeout", "600ms"), "server:src", "dst")...)
	require.NotContains(t, o.stderr, "is replaced")
	r.same("src", "dst")
}

// tape answers the first READ late, and everything else behind it.
type tape struct{ once sync.Once }

func (p *tape) Request(c *sshserver.Call) sshserver.Action {
	if c.Kind == sshserver.Read {
		p.once.Do(func() { time.Sleep(2500 * time.Millisecond) })
	}
	return sshserver.Pass
}

func (*tape) Reply(*sshserver.Call) sshserver.Action { return sshserver.Pass }
