package measure

import (
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"mscp/internal/sshdtest"
)

// dialled measures a command that opens two connections. It holds them longer and longer, until a loaded machine has looked.
func dialled(t *testing.T, c func(how ...string) Command, l net.Listener) Usage {
	for hold := 100 * time.Millisecond; ; hold *= 2 {
		u, err := Run(t.Context(), c("dial", l.Addr().String(), "2", hold.String()))
		require.NoError(t, err)
		require.Equal(t, 2, u.Connections) // whose ends are there for a while after the command
		if u.RTT > 0 || hold > 10*time.Second {
			return u
		}
	}
}

func TestConnections(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		require.NoError(t, err)
		echo(t, l)
		earlier, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		defer earlier.Close()
		other, err := net.Listen("tcp", address)
		require.NoError(t, err)
		echo(t, other)

		u := dialled(t, func(how ...string) Command {
			c := self(t, how...)
			c.Port = l.Addr().(*net.TCPAddr).Port
			c.Addr = netip.MustParseAddrPort(l.Addr().String()).Addr()
			return c
		}, l)
		require.Positive(t, u.RTT)
		require.Positive(t, u.MinRTT)
		require.LessOrEqual(t, u.MinRTT, u.RTT)
	}
}

func TestConnectionsOfAServerForBothFamilies(t *testing.T) {
	l, err := net.Listen("tcp", ":0") // its ends write IPv4 addresses as IPv6
	require.NoError(t, err)
	echo(t, l)
	u := dialled(t, func(how ...string) Command {
		c := self(t, "dial", (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port}).String(), how[2], how[3])
		c.Port = l.Addr().(*net.TCPAddr).Port
		return c
	}, l)
	require.Positive(t, u.RTT)
}

func TestShortConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	echo(t, l)
	c := self(t, "dial", l.Addr().String(), "3", "0s")
	c.Port = l.Addr().(*net.TCPAddr).Port
	u, err := Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, 3, u.Connections)
}

func TestConnectionsInANamespace(t *testing.T) {
	in := namespace(t)
	var l net.Listener
	require.NoError(t, in(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}))
	echo(t, l)
	command := func(how ...string) Command {
		c := self(t, how...)
		c.Port = l.Addr().(*net.TCPAddr).Port
		c.Start = func(cmd *exec.Cmd) error { return in(cmd.Start) }
		return c
	}
	u := dialled(t, func(how ...string) Command {
		c := command(how...)
		c.In = []func(func() error) error{func(func() error) error { return exec.ErrNotFound }, in} // one that is not to be had
		return c
	}, l)
	require.Positive(t, u.RTT)
	u, err := Run(t.Context(), command("dial", l.Addr().String(), "1", "100ms"))
	require.NoError(t, err)
	require.Zero(t, u.Connections, "not in this namespace")
}

// namespace makes a network namespace with a loopback interface, for the time of the test.
func namespace(t *testing.T) (in func(func() error) error) {
	made := make(chan netns.NsHandle, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		ns, err := netns.New()
		if err != nil {
			ns = netns.None()
		}
		made <- ns
	}()
	ns := <-made
	if !ns.IsOpen() {
		sshdtest.Unavailable(t, "no right to make a network namespace")
	}
	t.Cleanup(func() { ns.Close() })
	in = func(f func() error) error {
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			err := netns.Set(ns)
			if err == nil {
				err = f()
			}
			done <- err
		}()
		return <-done
	}
	require.NoError(t, in(func() error {
		lo, err := netlink.LinkByName("lo")
		require.NoError(t, err)
		return netlink.LinkSetUp(lo)
	}))
	return in
}

func TestParseRefusesWhatIsShort(t *testing.T) {
	for n := range sizeofMsg {
		_, ok := parse(make([]byte, n), 0)
		require.False(t, ok)
	}
	_, ok := parse(make([]byte, sizeofMsg+3), 0) // attributes that are none
	require.True(t, ok)
}
