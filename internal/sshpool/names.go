package sshpool

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"mscp/internal/sshconf"
)

// named dials a host whose name this program may not be able to resolve: it is linked statically, and knows files and
// DNS only. What other sources of nsswitch.conf(5) know (LDAP, mDNS, WINS, systemd-resolved) getent tells.
type named struct {
	Dialer
	lookup func(ctx context.Context, name string) ([]string, error)
}

func (n named) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := n.Dialer.DialContext(ctx, network, address)
	if !errors.As(err, new(*net.DNSError)) || ctx.Err() != nil {
		return c, err
	}
	host, port, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		return nil, err
	}
	found, lookupErr := n.lookup(ctx, host)
	found = ofFamily(found, network)
	if lookupErr != nil || len(found) == 0 {
		return nil, err
	}
	for _, ip := range found {
		if c, err = n.Dialer.DialContext(ctx, network, net.JoinHostPort(ip, port)); err == nil || ctx.Err() != nil {
			return c, err
		}
	}
	return nil, err
}

// lookupNSS asks getent, which resolves a name as ssh does.
func lookupNSS(ctx context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, "-") {
		return nil, errors.New("not a host name")
	}
	out, err := sshconf.RunProgram(ctx, "getent", "ahosts", name)
	if err != nil {
		return nil, err
	}
	return parseHosts(string(out)), nil
}

// parseHosts takes the addresses of what getent ahosts prints: one line for each address and type of socket.
func parseHosts(out string) (addresses []string) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || slices.Contains(addresses, fields[0]) {
			continue
		}
		if ip, _, _ := strings.Cut(fields[0], "%"); net.ParseIP(ip) != nil {
			addresses = append(addresses, fields[0])
		}
	}
	return addresses
}

// ofFamily keeps the addresses of a family of package net: tcp, tcp4 or tcp6.
func ofFamily(addresses []string, network string) []string {
	return slices.DeleteFunc(addresses, func(a string) bool {
		v6 := strings.Contains(a, ":")
		return network == "tcp4" && v6 || network == "tcp6" && !v6
	})
}
