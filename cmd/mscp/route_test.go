package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/progress"
	"mscp/internal/sshconf"
)

// routed is a copy with so many connections from a state directory.
func routed(t *testing.T, state string, connections int) *copier {
	f := &flags{connections: connections}
	c := newCopy(system{getenv: func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }}, f,
		func(flag string) bool { return flag == "connections" })
	c.display = progress.New(progress.Options{Mode: progress.Quiet, Out: os.Stderr})
	return c
}

// What a site answered in one run bounds the next one there, unless its connections are spaced out.
func TestRouteIsRemembered(t *testing.T) {
	state, h := t.TempDir(), &sshconf.Host{HostName: "node", Port: 22}
	for _, step := range []struct{ wanted, answered, next int }{
		{16, 12, 12},
		{12, 5, 5},
		{5, 0, 2}, // an earlier run had used up what the site allows
		{2, 9, 1},
		{1, 0, 1},
	} {
		routed(t, state, step.wanted).limited(h, step.answered)
		c := routed(t, state, 16)
		c.keepBelow(h)
		require.Equal(t, step.next, c.connections, "%+v", step)
	}
	spaced := routed(t, state, 16)
	spaced.interval = seconds(time.Second)
	spaced.keepBelow(h)
	require.Equal(t, 16, spaced.connections)
	other := routed(t, state, 16)
	other.keepBelow(&sshconf.Host{HostName: "other", Port: 22})
	require.Equal(t, 16, other.connections)

	// A week later the site is tried again, and so it is after a file that holds something else.
	path, err := spaced.routePath(h)
	require.NoError(t, err)
	require.NoError(t, spaced.writeRoute(h, route{routeName(h), 3, time.Now().Add(-routeKept - time.Hour)}))
	for range 2 {
		c := routed(t, state, 16)
		c.keepBelow(h)
		require.Equal(t, 16, c.connections)
		require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	}
	require.Equal(t, filepath.Join(state, "mscp"), filepath.Dir(path))
}
