package sshpool

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// CheckCongestion reports, as a *CongestionError, a congestion control that this kernel cannot use.
func CheckCongestion(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return &CongestionError{Name: name, Err: err}
	}
	defer unix.Close(fd)
	return setCongestion(fd, name)
}

func setCongestion(fd int, name string) error {
	err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	if err == nil {
		return nil
	}
	list := "/proc/sys/net/ipv4/tcp_available_congestion_control"
	if err == unix.EPERM { // there, but not for this user
		list = "/proc/sys/net/ipv4/tcp_allowed_congestion_control"
	}
	known, _ := os.ReadFile(list) // without the file the error says enough
	return &CongestionError{Name: name, Known: strings.Fields(string(known)), Err: err}
}
