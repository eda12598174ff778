package link

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	deviceName = "link0"
	tunPath    = "/dev/net/tun"
	// queueLen is how many writes of up to 64 KiB wait for the forwarder at most. TCP's windows bound them long before.
	queueLen = 10_000
)

// newDevice makes the link's device in the thread's namespace. Reading and writing the file never waits.
func newDevice(addr netip.Addr) (fd int, err error) {
	fd, err = unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: tunPath, Err: err}
	}
	if err := setUp(fd, addr); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func setUp(fd int, addr netip.Addr) error {
	request, err := unix.NewIfreq(deviceName)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return os.NewSyscallError("TUNSETIFF", err)
	}
	// The kernel then passes TCP segments of up to 64 KiB whole, without checksums. IPv6 is not on the link.
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4); err != nil {
		return os.NewSyscallError("TUNSETOFFLOAD", err)
	}
	if err := noIPv6(); err != nil {
		return err
	}
	if err := configure(addr); err != nil {
		return fmt.Errorf("set up %s: %w", deviceName, err)
	}
	return nil
}

// noIPv6 keeps the kernel's own packets (router solicitations) off the link. A kernel without IPv6 has no such file.
func noIPv6() error {
	err := os.WriteFile("/proc/sys/net/ipv6/conf/"+deviceName+"/disable_ipv6", []byte("1"), 0)
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func configure(addr netip.Addr) error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := h.LinkSetUp(lo); err != nil {
		return err
	}
	dev, err := h.LinkByName(deviceName)
	if err != nil {
		return err
	}
	if err := h.LinkSetMTU(dev, mtu); err != nil {
		return err
	}
	if err := h.LinkSetTxQLen(dev, queueLen); err != nil {
		return err
	}
	// The prefix makes the route to the other end.
	ip := &net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(24, 32)}
	if err := h.AddrAdd(dev, &netlink.Addr{IPNet: ip}); err != nil {
		return err
	}
	return h.LinkSetUp(dev)
}

// overrun is how many packets the device has dropped because the forwarder did not read them in time.
func (n *Namespace) overrun() (packets int64, err error) {
	err = n.Do(func() error {
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		dev, err := h.LinkByName(deviceName)
		if err != nil {
			return err
		}
		packets = int64(dev.Attrs().Statistics.TxDropped)
		return nil
	})
	return packets, err
}
