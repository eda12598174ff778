package sshconf

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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

// Resolve finds all that a dial of e needs, its jump hosts included. Errors are a *[UsageError], a *[FileError], an
// *[UnsupportedError] or the context's, which bounds what ssh -G and a "Match exec" of the user may run.
func Resolve(ctx context.Context, e endpoint.Endpoint, f Flags, env Env) (*Host, []Warning, error) {
	r := &run{env: env}
	if env.SSH != nil && f.ConfigFile != "none" {
		r.asker = newAsker(ctx, env)
		defer r.asker.close()
	}
	return r.resolve(e, f, nil)
}

// run is one call of Resolve.
type run struct {
	env   Env
	asker *asker // nil: read the files
}

// visit is what was asked of one host of a chain. What is asked twice would be asked for ever.
type visit struct {
	user, host, jump string
	port             int
}

// resolve settles one host of a chain; trail are those that it leads to.
func (r *run) resolve(e endpoint.Endpoint, f Flags, trail []visit) (*Host, []Warning, error) {
	this := visit{e.User, e.Host, f.Jump, f.Port}
	if slices.Contains(trail, this) {
		return nil, nil, &UsageError{"configuration", "ProxyJump", e.Host, "leads back to itself", nil}
	}
	s := settings{}
	s.addFlags(f)
	warnings, err := s.addOptions(e, f)
	if err != nil {
		return nil, nil, err
	}
	// What was typed is checked first, and in our words.
	typed := &resolver{run: r, s: s.clone(), env: r.env, host: &Host{Alias: e.Host}}
	typed.env.User = cmp.Or(r.env.User, "unknown") // a file may still name the user
	if err := typed.settle(); err != nil {
		return nil, nil, err
	}
	if err := r.addFiles(s, e.Host, f); err != nil {
		return nil, nil, err
	}
	full := &resolver{run: r, s: s, env: r.env, flags: f, trail: append(trail, this),
		host: &Host{Alias: e.Host}, warnings: append(warnings, s.noted()...)}
	if err := full.settle(); err != nil {
		return nil, nil, err
	}
	if err := full.jump(); err != nil {
		return nil, nil, err
	}
	return full.host, full.warnings, nil
}

func (r *run) addFiles(s settings, alias string, f Flags) error {
	switch {
	case f.ConfigFile == "none":
		return nil
	case r.asker != nil:
		return r.asker.add(s, alias, f)
	}
	return (&reader{s: s, env: r.env, alias: alias}).read(f.ConfigFile)
}

func (s settings) addFlags(f Flags) {
	flag := func(keyword, flag, text string) {
		if text != "" {
			s.add(keyword, value{words: []string{text}, source: flag, strict: true})
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
		s.add("User", value{words: []string{e.User}, source: "argument", strict: true})
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

// resolver turns settings into a Host, field by field.
type resolver struct {
	run      *run
	s        settings
	env      Env
	flags    Flags
	trail    []visit // with this host
	host     *Host
	warnings []Warning
}

func (r *resolver) settle() error {
	for _, step := range []func() error{r.identity, r.network, r.proxyCommand, r.algorithms, r.hostKeys, r.authentication, r.control} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// identity settles who and where, which the tokens of all other values refer to.
func (r *resolver) identity() error {
	h := r.host
	h.User, h.Port, h.HostName = r.env.User, 22, h.Alias
	if v, ok := r.s.get("User"); ok {
		h.User = v.text()
	}
	if h.User == "" {
		return &UsageError{"login name", "User", "", "mscp does not know your user name (no entry in the user database, no LOGNAME): give it with -l or user@", nil}
	}
	if strings.HasPrefix(h.User, "-") {
		return &UsageError{"login name", "User", h.User, "not a login name", nil}
	}
	var err error
	if h.Port, err = r.number("Port", 22, 1, 65535); err != nil {
		return err
	}
	if v, ok := r.s.get("HostName"); ok {
		h.HostName, err = expand(v, "HostName", map[byte]string{'h': h.Alias, 'n': h.Alias})
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
	n, err := strconv.Atoi(v.text())
	if err != nil || n < low || n > high {
		return 0, &UsageError{v.source, keyword, v.text(), fmt.Sprintf("want a number from %d to %d", low, high), nil}
	}
	return n, nil
}

// choice maps the value of a keyword with a fixed set of values.
func choice[T any](r *resolver, keyword string, def T, values map[string]T) (T, error) {
	v, ok := r.s.get(keyword)
	if !ok {
		return def, nil
	}
	if t, ok := values[strings.ToLower(v.text())]; ok {
		return t, nil
	}
	return def, &UsageError{v.source, keyword, v.text(), "not one of its values", sortedKeys(values)}
}

func (r *resolver) yes(keyword string, def bool) (bool, error) {
	return choice(r, keyword, def, map[string]bool{"yes": true, "true": true, "no": false, "false": false})
}
