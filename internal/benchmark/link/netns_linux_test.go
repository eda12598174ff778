package link

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func nsOf(t testing.TB, n *Namespace) (name string) {
	require.NoError(t, n.Do(func() (err error) {
		name, err = os.Readlink(threadNS)
		return err
	}))
	return name
}

func TestDo(t *testing.T) {
	l := open(t, "rtt=1ms")
	before, err := os.Readlink(threadNS)
	require.NoError(t, err)
	client, server := nsOf(t, l.Client()), nsOf(t, l.Server())
	require.NotEqual(t, client, server)
	require.NotEqual(t, before, client)
	require.NotEqual(t, before, server)

	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				failed := errors.New("failed")
				err := l.Client().Do(func() error {
					runtime.Gosched()
					now, err := os.Readlink(threadNS)
					if err != nil || now != client || unix.Gettid() == unix.Getpid() {
						return fmt.Errorf("in %s, %w", now, err)
					}
					return failed
				})
				if err != failed {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Error(t, l.Client().Do(func() error { runtime.Goexit(); return nil }))
	require.Empty(t, holders(t, client, false), "no thread stays")
	now, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	require.Equal(t, before, now)
}

// holders are the files and threads, of any process, that keep a namespace; files can be left out.
func holders(t testing.TB, ns string, files bool) (found []string) {
	patterns := []string{"/proc/[0-9]*/task/[0-9]*/ns/net"}
	if files {
		patterns = append(patterns, "/proc/[0-9]*/fd/*")
	}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			if to, err := os.Readlink(path); err == nil && to == ns {
				found = append(found, path)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	if bytes.Contains(mounts, []byte(ns)) {
		found = append(found, "a mount")
	}
	return found
}

func requireGone(t testing.TB, ns string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(holders(t, ns, true)) == 0 }, 30*time.Second, 20*time.Millisecond, ns)
}

// devices are the names of the network devices that a process sees.
func devices(t testing.TB, pid int) (names []string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", pid))
	require.NoError(t, err)
	for _, line := range strings.Split(string(text), "\n")[2:] {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

func requireNoDevice(t testing.TB, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		d := devices(t, pid)
		return len(d) > 0 && !strings.Contains(strings.Join(d, " "), deviceName)
	}, 30*time.Second, 20*time.Millisecond)
}

func TestCloseLeavesNothing(t *testing.T) {
	l := open(t, "rtt=1ms")
	client, server := nsOf(t, l.Client()), nsOf(t, l.Server())
	_, _, _ = connect(t, l, "")
	child := exec.Command("sleep", "600")
	require.NoError(t, l.Server().Start(child))
	t.Cleanup(func() { _ = child.Process.Kill() })
	require.Contains(t, devices(t, child.Process.Pid), deviceName)
	require.NotEmpty(t, holders(t, client, true))

	require.NoError(t, l.Close())
	require.NoError(t, l.Close(), "twice is once")
	requireGone(t, client)
	requireNoDevice(t, child.Process.Pid)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	requireGone(t, server)
	require.Error(t, l.Client().Do(func() error { return nil }))
}

func TestContextEndsTheLink(t *testing.T) {
	open(t, "rtt=1ms") // whether there can be one
	ctx, cancel := context.WithCancel(t.Context())
	l, err := New(ctx, Config{})
	require.NoError(t, err)
	cancel()
	l.wg.Wait()
	require.NoError(t, l.Close())
}

func TestInvalidConfig(t *testing.T) {
	_, err := New(t.Context(), Config{Loss: 2})
	var bad *ParseError
	require.ErrorAs(t, err, &bad)
}

const helperVariable = "MSCP_LINK_TEST_HELPER"

// helper is the process that is killed: it makes a link with a child in it and says which.
func helper() bool {
	if os.Getenv(helperVariable) == "" {
		return false
	}
	l, err := New(context.Background(), Config{RTT: time.Millisecond})
	if err != nil {
		panic(err)
	}
	child := exec.Command("sleep", "600")
	if err := l.Server().Start(child); err != nil {
		panic(err)
	}
	for _, n := range []*Namespace{l.Client(), l.Server()} {
		_ = n.Do(func() error {
			name, err := os.Readlink(threadNS)
			fmt.Println(name)
			return err
		})
	}
	fmt.Println(child.Process.Pid)
	select {}
}

func TestKilledLeavesNothing(t *testing.T) {
	open(t, "rtt=1ms") // whether there can be one
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperVariable+"=1")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	var said [3]string
	for i := range said {
		require.True(t, lines.Scan())
		said[i] = lines.Text()
	}
	child, err := strconv.Atoi(said[2])
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Kill(child, unix.SIGKILL) })
	require.Contains(t, devices(t, child), deviceName)

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	requireGone(t, said[0])
	requireNoDevice(t, child) // it has none of the link's files
	require.NoError(t, unix.Kill(child, unix.SIGKILL))
	requireGone(t, said[1])
}

func TestListenAndDial(t *testing.T) {
	l := open(t, "rtt=2ms")
	listener, err := l.Server().Listen(t.Context(), "tcp", l.ServerAddr().String()+":0")
	require.NoError(t, err)
	defer listener.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, c.RemoteAddr().String())
	})
	defer wg.Wait()
	c, err := l.Client().DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, c.LocalAddr().String(), string(got))
	require.Equal(t, l.Client().Addr().String(), c.LocalAddr().(*net.TCPAddr).IP.String())

	_, err = l.Client().DialContext(t.Context(), "tcp", "localhost:22")
	require.Error(t, err)
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.Error(t, err, "it is not there outside")
}

// A namespace's settings are the machine's.
func TestSettings(t *testing.T) {
	want, err := settings()
	require.NoError(t, err)
	require.NotEmpty(t, want)
	l := open(t, "rtt=1ms")
	require.NoError(t, l.Client().Do(func() error {
		for _, s := range want {
			fi, err := os.Stat(s.path)
			if err != nil || fi.Mode()&0o200 == 0 {
				continue
			}
			got, err := os.ReadFile(s.path)
			if err != nil || !bytes.Equal(s.value, got) {
				return fmt.Errorf("%s is %q, not %q, %w", s.path, got, s.value, err)
			}
		}
		return nil
	}))
}
