package sshconf

import (
	"fmt"
	"strconv"
	"strings"

	"mscp/internal/endpoint"
)

// Flags are what the command line says about connections. Empty and zero values were not given.
type Flags struct {
	Login      string   // -l
	Port       int      // -P
	ConfigFile string   // -F; "none" reads no file
	Options    []string // -o, "Keyword=value" or "Keyword value"
	Identities []string // -i
	Jump       string   // -J
	Ciphers    string   // -c
	MACs       string   // -M
	Family     Family   // -4, -6
}

// Resolve finds all that a dial of e needs. Errors are a *[UsageError], a *[FileError] or an *[UnsupportedError].
func Resolve(e endpoint.Endpoint, f Flags, env Env) (*Host, []Warning, error) {
	s := settings{}
	s.addFlags(f)
	warnings, err := s.addOptions(e, f)
	if err != nil {
		return nil, nil, err
	}
	if err := s.addFiles(e.Host, f.ConfigFile, env); err != nil {
		return nil, nil, err
	}
	if err := s.refuse(); err != nil {
		return nil, nil, err
	}
	r := &resolver{s: s, env: env, host: &Host{Alias: e.Host}}
	for _, step := range []func() error{r.identity, r.network, r.algorithms, r.hostKeys, r.authentication, r.control} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	return r.host, warnings, nil
}

func (s settings) addFlags(f Flags) {
	flag := func(keyword, flag, text string) {
		if text != "" {
			s.add(keyword, value{text, flag, true})
		}
	}
	flag("User", "-l", f.Login)
	flag("ProxyJump", "-J", f.Jump)
	flag("Ciphers", "-c", f.Ciphers)
	flag("MACs", "-M", f.MACs)
	for _, i := range f.Identities {
		flag("IdentityFile", "-i", i)
	}
	if f.Port != 0 {
		flag("Port", "-P", strconv.Itoa(f.Port))
	}
	switch f.Family {
	case IPv4:
		flag("AddressFamily", "-4", "inet")
	case IPv6:
		flag("AddressFamily", "-6", "inet6")
	}
}

func (s settings) addOptions(e endpoint.Endpoint, f Flags) (warnings []Warning, err error) {
	if e.User != "" {
		s.add("User", value{e.User, "argument", true})
	}
	for _, o := range f.Options {
		w, err := s.addOption(o)
		if err != nil {
			return nil, err
		}
		if w != nil {
			warnings = append(warnings, *w)
		}
	}
	return warnings, nil
}

// refuse stops where passing over a keyword would connect to another machine than ssh does, or trust a key that
// ssh would not.
func (s settings) refuse() error {
	for _, k := range []string{"ProxyJump", "ProxyCommand", "RevokedHostKeys"} {
		if v, ok := s.get(k); ok && !strings.EqualFold(v.text, "none") {
			return &UnsupportedError{v.source, k, v.text}
		}
	}
	return nil
}

// resolver turns settings into a Host, field by field.
type resolver struct {
	s    settings
	env  Env
	host *Host
}

// identity settles who and where, which the tokens of all other values refer to.
func (r *resolver) identity() error {
	h := r.host
	h.User, h.Port, h.HostName = r.env.User, 22, h.Alias
	if v, ok := r.s.get("User"); ok {
		h.User = v.text
	}
	if h.User == "" || strings.HasPrefix(h.User, "-") {
		return &UsageError{"login name", "User", h.User, "not a login name", nil}
	}
	var err error
	if h.Port, err = r.number("Port", 22, 1, 65535); err != nil {
		return err
	}
	if v, ok := r.s.get("HostName"); ok {
		h.HostName, err = r.expand(v, "HostName", map[byte]string{'h': h.Alias, 'n': h.Alias})
	}
	if err == nil && (h.HostName == "" || strings.HasPrefix(h.HostName, "-")) {
		err = &UsageError{"host", "HostName", h.HostName, "not a host name", nil}
	}
	return err
}

func (r *resolver) number(keyword string, def, low, high int) (int, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		return def, nil
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n < low || n > high {
		return 0, &UsageError{v.source, keyword, v.text, fmt.Sprintf("want a number from %d to %d", low, high), nil}
	}
	return n, nil
}

// choice maps the value of a keyword with a fixed set of values.
func choice[T any](r *resolver, keyword string, def T, values map[string]T) (T, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		return def, nil
	}
	if t, ok := values[strings.ToLower(v.text)]; ok {
		return t, nil
	}
	return def, &UsageError{v.source, keyword, v.text, "not one of its values", sortedKeys(values)}
}

func (r *resolver) yes(keyword string, def bool) (bool, error) {
	return choice(r, keyword, def, map[string]bool{"yes": true, "true": true, "no": false, "false": false})
}
