//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/faultproxy"
	"mscp/internal/sshdtest"
)

// machines are two servers with one host key behind a balancer. Each has a directory "node" of its own below the login directory, a file
// system in memory that only its processes see.
type machines struct {
	*rig
	servers [2]*sshdtest.Server

	mu   sync.Mutex
	next int                                      // connections so far
	way  func(n int) (to int, f faultproxy.Fault) // of connection n, from 1
}

// roundRobin leads each connection to the other machine.
func roundRobin(n int) (int, faultproxy.Fault) { return (n - 1) % 2, faultproxy.Fault{} }

// dropped is like it, and ends the first connection when so much has gone up or come down.
func dropped(dir faultproxy.Direction, at int64) func(int) (int, faultproxy.Fault) {
	return func(n int) (int, faultproxy.Fault) {
		if n == 1 {
			return 0, faultproxy.Fault{Kind: faultproxy.Reset, Dir: dir, At: at}
		}
		return (n - 1) % 2, faultproxy.Fault{}
	}
}

// only leads all connections to one machine.
func only(to int) func(int) (int, faultproxy.Fault) {
	return func(int) (int, faultproxy.Fault) { return to, faultproxy.Fault{} }
}

func twoMachines(t *testing.T, way func(int) (int, faultproxy.Fault)) *machines {
	if os.Geteuid() != 0 {
		sshdtest.Unavailable(t, "mount namespaces need root")
	}
	m := &machines{rig: &rig{t: t, dir: t.TempDir()}, way: way}
	require.NoError(t, os.MkdirAll(m.path("node"), 0o755))
	program := filepath.Join(t.TempDir(), "sshd")
	script := fmt.Sprintf("#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs none \"$0\" && exec %s \"$@\"' '%s' \"$@\"\n",
		sshdtest.Program(t), m.path("node"))
	require.NoError(t, os.WriteFile(program, []byte(script), 0o755))
	subsystem := "Subsystem sftp internal-sftp -d " + m.dir
	first := sshdtest.Start(t, sshdtest.WithProgram(program), sshdtest.WithConfig(subsystem))
	key, err := filepath.Glob(filepath.Join(first.Dir, "host_ed25519"))
	require.NoError(t, err)
	second := sshdtest.Start(t, sshdtest.WithProgram(program), sshdtest.WithHostKeys("ecdsa"),
		sshdtest.WithConfig(subsystem, "HostKey "+key[0], "AuthorizedKeysFile "+filepath.Join(first.Dir, "authorized_keys")))
	m.servers = [2]*sshdtest.Server{first, second}
	p, err := faultproxy.Start(t.Context(), first.Addr, func(int) faultproxy.Fault {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.next++
		to, f := m.way(m.next)
		f.To = m.servers[to].Addr
		return f
	})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port()))
	m.reach(first.User, p.Port(), first.ClientKey, knownhosts.Line([]string{address}, first.HostKey))
	return m
}

// lead changes the way, and counts connections anew.
func (m *machines) lead(way func(int) (int, faultproxy.Fault)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next, m.way = 0, way
}

// on is a path on one machine as this process reaches it.
func (m *machines) on(machine int, name string) string {
	return fmt.Sprintf("/proc/%d/root%s", m.servers[machine].Pid(), m.path(name))
}

// found are the files below a directory of a machine, by path.
func (m *machines) found(machine int, name string) map[string][]byte {
	all := map[string][]byte{}
	dir := m.on(machine, name)
	require.NoError(m.t, filepath.Walk(dir, func(path string, i os.FileInfo, err error) error {
		if err != nil || i.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[rel] = b
		return err
	}))
	return all
}
