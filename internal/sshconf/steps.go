package sshconf

import (
	"math"
	"strconv"
	"strings"
	"time"
)

func (r *resolver) network() (err error) {
	h := r.host
	if h.Family, err = choice(r, "AddressFamily", AnyFamily,
		map[string]Family{"any": AnyFamily, "inet": IPv4, "inet6": IPv6}); err != nil {
		return err
	}
	if v, ok := r.s.get("BindAddress"); ok {
		h.BindAddress = v.text()
	}
	if h.TCPKeepAlive, err = r.yes("TCPKeepAlive", true); err != nil {
		return err
	}
	if h.ConnectTimeout, err = r.seconds("ConnectTimeout", 0); err != nil {
		return err
	}
	if h.ConnectionAttempts, err = r.number("ConnectionAttempts", 1, 1, math.MaxInt32); err != nil {
		return err
	}
	// ssh asks for no keepalive by default. A copy runs unattended, and a path that died silently would hang it
	// for hours: 15 s x 3 finds out within a minute, at the price of one small packet on an idle connection.
	if h.ServerAliveInterval, err = r.seconds("ServerAliveInterval", 15*time.Second); err != nil {
		return err
	}
	h.ServerAliveCountMax, err = r.number("ServerAliveCountMax", 3, 1, math.MaxInt32)
	return err
}

// seconds reads a time as sshd_config(5)'s TIME FORMATS: "90", "1m30s", "2h"; "none" is 0.
func (r *resolver) seconds(keyword string, def time.Duration) (time.Duration, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		return def, nil
	}
	if v.none() {
		return 0, nil
	}
	d, ok := parseTime(v.text())
	if !ok {
		return 0, &UsageError{v.source, keyword, v.text(), "want a time, such as 30 or 1m30s", nil}
	}
	return d, nil
}

func parseTime(text string) (total time.Duration, ok bool) {
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	const most = 1 << 31 // seconds, as in OpenSSH: an int
	for text = strings.ToLower(text); text != ""; ok = true {
		n := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
		unit := time.Second
		rest := ""
		switch {
		case n < 0:
			n = len(text)
		case n == 0 || units[text[n]] == 0:
			return 0, false
		default:
			unit, rest = units[text[n]], text[n+1:]
		}
		count, err := strconv.ParseInt(text[:n], 10, 64)
		if err != nil || count >= int64(most*time.Second/unit) {
			return 0, false
		}
		total += time.Duration(count) * unit
		text = rest
	}
	return total, ok && total < most*time.Second
}

func (r *resolver) algorithms() (err error) {
	h := r.host
	for _, a := range []struct {
		keyword string
		set     algorithmSet
		to      *[]string
	}{
		{"Ciphers", cipherSet(r.env.AES), &h.Ciphers},
		{"MACs", macSet(), &h.MACs},
		{"KexAlgorithms", kexSet(), &h.KexAlgorithms},
		{"HostKeyAlgorithms", hostKeySet(), &h.HostKeyAlgorithms},
		{"PubkeyAcceptedAlgorithms", pubkeySet(), &h.PubkeyAcceptedAlgorithms},
	} {
		*a.to = a.set.defaults
		v, ok := r.s.get(a.keyword)
		if !ok {
			continue
		}
		order, unknown := a.set.apply(v.text(), v.strict)
		if len(unknown) > 0 || len(order) == 0 {
			return &UsageError{v.source, a.keyword, v.text(), "no such algorithm here: " + strings.Join(unknown, ", ") + "; --transport openssh has those of the system's ssh", a.set.known}
		}
		*a.to = order
	}
	v, ok := r.s.get("HostKeyAlgorithms")
	h.HostKeyAlgorithmsSet = ok && !strings.HasPrefix(v.text(), "+") && !strings.HasPrefix(v.text(), "-")
	h.RekeyLimit, err = r.rekeyLimit()
	return err
}

// rekeyLimit reads the amount of data; a time, if there is one, is not kept: by default OpenSSH has none.
func (r *resolver) rekeyLimit() (uint64, error) {
	v, ok := r.s.get("RekeyLimit")
	if !ok {
		return 0, nil
	}
	text := v.words[0]
	if text == "default" || text == "none" || text == "" {
		return 0, nil
	}
	shift := map[byte]uint{'K': 10, 'M': 20, 'G': 30}[strings.ToUpper(text)[len(text)-1]]
	digits := text
	if shift > 0 {
		digits = text[:len(text)-1]
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n > math.MaxInt64>>shift {
		return 0, &UsageError{v.source, "RekeyLimit", v.text(), "want a size, such as 1G", nil}
	}
	return n << shift, nil
}

func (r *resolver) hostKeys() (err error) {
	h := r.host
	if v, ok := r.s.get("HostKeyAlias"); ok {
		h.HostKeyAlias = v.text()
	}
	if h.UserKnownHostsFiles, err = r.paths("UserKnownHostsFile", "~/.ssh/known_hosts", "~/.ssh/known_hosts2"); err != nil {
		return err
	}
	if h.GlobalKnownHostsFiles, err = r.paths("GlobalKnownHostsFile",
		"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"); err != nil {
		return err
	}
	if h.RevokedHostKeys, err = r.file("RevokedHostKeys"); err != nil {
		return err
	}
	if h.HashKnownHosts, err = r.yes("HashKnownHosts", false); err != nil {
		return err
	}
	if h.NoHostAuthenticationForLocalhost, err = r.yes("NoHostAuthenticationForLocalhost", false); err != nil {
		return err
	}
	h.StrictHostKeyChecking, err = choice(r, "StrictHostKeyChecking", Ask, map[string]Strictness{
		"ask": Ask, "yes": Yes, "true": Yes, "accept-new": AcceptNew, "no": No, "off": No, "false": No,
	})
	return err
}

func (r *resolver) authentication() (err error) {
	h := r.host
	if h.IdentitiesOnly, err = r.yes("IdentitiesOnly", false); err != nil {
		return err
	}
	if h.BatchMode, err = r.yes("BatchMode", false); err != nil {
		return err
	}
	if h.NumberOfPasswordPrompts, err = r.number("NumberOfPasswordPrompts", 3, 1, math.MaxInt32); err != nil {
		return err
	}
	if h.AgentSocket, err = r.agentSocket(); err != nil {
		return err
	}
	v, ok := r.s.get("IdentityAgent")
	h.AgentSocketSet = ok && v.text() != "SSH_AUTH_SOCK"
	if err := r.identityFiles(); err != nil {
		return err
	}
	return r.methods()
}

// agentSocket reads IdentityAgent: a path, none, SSH_AUTH_SOCK, or $NAME.
func (r *resolver) agentSocket() (string, error) {
	v, ok := r.s.get("IdentityAgent")
	switch {
	case !ok || v.text() == "SSH_AUTH_SOCK":
		return r.env.Getenv("SSH_AUTH_SOCK"), nil
	case v.none():
		return "", nil
	case strings.HasPrefix(v.text(), "$") && !strings.HasPrefix(v.text(), "${"):
		return r.env.Getenv(v.text()[1:]), nil
	}
	return r.path(v, "IdentityAgent")
}

func (r *resolver) identityFiles() (err error) {
	given := r.s["identityfile"]
	r.host.IdentityFilesSet = len(given) > 0
	if len(given) == 0 {
		for _, file := range r.reachable([]string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"}) {
			given = append(given, value{words: []string{file}})
		}
	}
	if r.host.IdentityFiles, err = r.files("IdentityFile", given); err != nil {
		return err
	}
	r.host.CertificateFiles, err = r.files("CertificateFile", r.s["certificatefile"])
	return err
}

// methods are those of PreferredAuthentications that this program has and the ...Authentication keywords leave.
func (r *resolver) methods() error {
	keywords := map[string]string{
		"publickey": "PubkeyAuthentication", "keyboard-interactive": "KbdInteractiveAuthentication",
		"password": "PasswordAuthentication",
	}
	order := []string{"publickey", "keyboard-interactive", "password"}
	if v, ok := r.s.get("PreferredAuthentications"); ok {
		order = dedupe(splitList(v.text()))
	}
	for _, m := range order {
		keyword, ok := keywords[m]
		if !ok {
			continue // gssapi-with-mic and hostbased: ssh has them
		}
		// unbound and host-bound say how ssh's own agent protocol binds keys; here both are yes.
		on, err := choice(r, keyword, true, map[string]bool{
			"yes": true, "true": true, "unbound": true, "host-bound": true, "no": false, "false": false,
		})
		if err != nil {
			return err
		}
		if on {
			r.host.Authentications = append(r.host.Authentications, m)
		}
	}
	return nil
}

// file expands a keyword whose value is one file, or none.
func (r *resolver) file(keyword string) (string, error) {
	v, ok := r.s.get(keyword)
	if !ok || v.none() {
		return "", nil
	}
	return r.path(v, keyword)
}
