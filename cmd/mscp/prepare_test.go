//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

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
		"up":   {[]string{"src", "server:dst"}, []sshserver.Kind{sshserver.Lstat, sshserver.Realpath, sshserver.Mkdir}},
		"down": {[]string{"server:src", "dst"}, []sshserver.Kind{sshserver.Stat, sshserver.Realpath}},
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
				require.Contains(t, o.stderr, "the connection was lost before the copy began, trying again")
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
