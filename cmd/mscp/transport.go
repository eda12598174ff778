package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"mscp/internal/sshconf"
	"mscp/internal/sshpool"
)

// transportKind is what --transport and -C ask for together: only the system's ssh compresses.
func (f *flags) transportKind() (sshpool.Kind, error) {
	kind := sshpool.Auto
	if f.transport != "" {
		var err error
		if kind, err = sshpool.ParseKind(f.transport); err != nil {
			return 0, usage("--transport: %w", err)
		}
	}
	switch {
	case !slices.Contains(compressions(), f.compress):
		return 0, usage("-C %s: want yes, no, none, zlib or zlib@openssh.com", f.compress)
	case !f.compresses():
		return kind, nil
	case kind != sshpool.Auto && kind != sshpool.OpenSSH:
		return 0, usage("-C %s: only --transport openssh compresses", f.compress)
	}
	return sshpool.OpenSSH, nil
}

func (f *flags) compresses() bool { return f.compress != "none" && f.compress != "no" }

// newTransport is what lanes are opened on.
func (c *copier) newTransport(kind sshpool.Kind, o sshpool.Options) (sshpool.Transport, error) {
	if kind == sshpool.OpenSSH {
		if c.compresses() && c.transport == "" {
			c.display.Notice("-C: the system's ssh makes the connections (--transport openssh), because only it compresses")
		}
		if c.congestion != "" || c.nagle || o.Password != "" || o.Passphrase != "" {
			c.display.Notice("-g, -N and the secrets in the environment have no effect with --transport openssh")
		}
	}
	return sshpool.NewTransport(kind, o, sshpool.Command{Args: append(c.sshArgs(), keepalives(o.Host)...), Host: c.host().Host})
}

// sshArgs are the flags as ssh takes them.
func (c *copier) sshArgs() (args []string) {
	add := func(flag, value string) {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	add("-F", c.config)
	add("-l", c.flags.login)
	if c.flags.login == "" {
		add("-l", c.host().User)
	}
	if c.port != 0 {
		add("-p", strconv.Itoa(c.port))
	}
	add("-J", c.jump)
	add("-c", c.ciphers)
	add("-m", c.macs)
	for _, i := range c.identities {
		add("-i", i)
	}
	for _, f := range []struct {
		flag string
		set  bool
	}{{"-4", c.ipv4}, {"-6", c.ipv6}, {"-C", c.compresses()}, {"-v", c.debug}} {
		if f.set {
			args = append(args, f.flag)
		}
	}
	for _, o := range c.options {
		add("-o", o)
	}
	return args
}

// keepalives are asked for last, for the first value of an option counts: ssh has none by default.
func keepalives(h *sshconf.Host) []string {
	return []string{"-o", fmt.Sprintf("ServerAliveInterval=%d", int(h.ServerAliveInterval/time.Second)),
		"-o", fmt.Sprintf("ServerAliveCountMax=%d", h.ServerAliveCountMax)}
}

// transportHint is what helps when a transport does not work.
func transportHint(err error) string {
	if e, ok := errors.AsType[*sshpool.ControlError](err); ok {
		return e.Advice
	}
	if e, ok := errors.AsType[*sshpool.SSHError](err); ok && e.Status == 0 {
		return "--transport openssh and -C need ssh in $PATH"
	}
	return ""
}
