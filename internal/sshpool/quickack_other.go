//go:build !linux

package sshpool

import "net"

// quickAck returns nil: only Linux acknowledges on demand.
func quickAck(net.Conn) func() { return nil }
