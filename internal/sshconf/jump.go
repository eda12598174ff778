package sshconf

import (
	"net"
	"strconv"
	"strings"

	"mscp/internal/endpoint"
)

// hop is one jump host: [ssh://][user@]host[:port], the host perhaps in brackets.
type hop struct {
	user, host string
	port       int // 0: as configured
}

// splitJump takes the last of a comma-separated list, which is the one next to the target; the others lead to it.
func splitJump(list string) (before, last string) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:]
	}
	return "", list
}

func parseHop(text string) (h hop, ok bool) {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "ssh://"), "/")
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		h.user, text = text[:i], text[i+1:]
		if h.user == "" {
			return h, false
		}
	}
	h.host = text
	if host, port, err := net.SplitHostPort(text); err == nil {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return h, false
		}
		h.host, h.port = host, n
	} else if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		h.host = text[1 : len(text)-1]
	}
	return h, h.host != "" && !strings.HasPrefix(h.host, "-") && !strings.HasPrefix(h.user, "-") && !strings.ContainsAny(h.host, " []/")
}

// jump resolves the jump host next to the target, and that host's own. As with ssh each has its own part of the
// configuration, and of the command line only -F.
func (r *resolver) jump() error {
	v, ok := r.s.get("ProxyJump")
	if !ok || v.none() {
		return nil
	}
	before, last := splitJump(v.text())
	h, ok := parseHop(last)
	if !ok {
		return &UsageError{v.source, "ProxyJump", v.text(), "want [user@]host[:port]", nil}
	}
	next, warnings, err := r.run.resolve(endpoint.Endpoint{Remote: true, User: h.user, Host: h.host},
		Flags{ConfigFile: r.flags.ConfigFile, Port: h.port, Jump: before}, r.trail)
	if err != nil {
		return err
	}
	next.BatchMode = next.BatchMode || r.host.BatchMode
	r.host.Jump = next
	r.warnings = append(r.warnings, warnings...)
	return nil
}

// proxyCommand expands ProxyCommand. Its text is for a shell, so a name that a shell would not take as a name is
// refused, as OpenSSH does since 9.6.
func (r *resolver) proxyCommand() error {
	v, ok := r.s.get("ProxyCommand")
	if !ok || v.none() {
		return nil
	}
	h := r.host
	const special = "'`\"$\\;&<>|(){},"
	for _, name := range []string{h.HostName, h.Alias, h.User} {
		if strings.ContainsAny(name, special+" \t\n\r") || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			return &UsageError{v.source, "ProxyCommand", name, "mscp does not give a name with such characters to a shell", nil}
		}
	}
	if fdpass, err := r.yes("ProxyUseFdpass", false); err != nil || fdpass {
		if err == nil {
			err = &UnsupportedError{v.source, "ProxyUseFdpass", "yes"}
		}
		return err
	}
	if h.Shell = r.env.Getenv("SHELL"); h.Shell == "" {
		h.Shell = "/bin/sh"
	}
	var err error
	h.ProxyCommand, err = expand(v, "ProxyCommand", map[byte]string{
		'h': h.HostName, 'n': h.Alias, 'p': strconv.Itoa(h.Port), 'r': h.User,
	})
	return err
}
