package sshpool

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/sshconf"
)

// hostKeys decides whether a host key is trusted: by known_hosts, or by the user, who is asked once for all
// connections.
type hostKeys struct {
	host   *sshconf.Host
	prompt Prompter
	log    Log
	addr   string // the name in known_hosts, with a port

	mu       sync.Mutex
	db       *knownHosts
	loadErr  error
	accepted ssh.PublicKey // by the user or by accept-new, in this run
}

func newHostKeys(o Options) *hostKeys {
	return &hostKeys{host: o.Host, prompt: o.Prompter, log: o.Log, addr: strings.ToLower(o.Host.KnownHostsAddr())}
}

// algorithms are those to ask the server for. Those of the keys that known_hosts holds come first (as in OpenSSH's
// order_hostkeyalgs), lest the server show another key that nobody knows. Certificates are asked for only where an
// authority is known: without one, the plain key behind the certificate is what can be checked.
func (k *hostKeys) algorithms() ([]string, error) {
	db, err := k.load()
	if err != nil {
		return nil, err
	}
	known, authority := db.HostKeyAlgorithms(k.addr), hasAuthority(db.HostKeyDB, k.addr)
	if bare := k.bare(); bare != "" && len(known) == 0 && !authority {
		known, authority = db.HostKeyAlgorithms(bare), hasAuthority(db.HostKeyDB, bare)
	}
	var first, rest []string
	for _, a := range k.host.HostKeyAlgorithms {
		switch {
		case isCertificate(a) && !authority:
		case !k.host.HostKeyAlgorithmsSet && (isCertificate(a) || slices.Contains(known, a)):
			first = append(first, a)
		default:
			rest = append(rest, a)
		}
	}
	return append(first, rest...), nil
}

func hasAuthority(db *knownhosts.HostKeyDB, addr string) bool {
	return slices.ContainsFunc(db.HostKeys(addr), func(key knownhosts.PublicKey) bool { return key.Cert })
}

// bare is the name without its port, under which ssh looks a host up that is not known with it. Empty: there is none.
func (k *hostKeys) bare() string {
	if k.host.HostKeyAlias != "" || k.host.Port == 22 {
		return ""
	}
	return net.JoinHostPort(strings.ToLower(k.host.HostName), "22")
}

func isCertificate(algorithm string) bool { return strings.Contains(algorithm, "-cert-v01@") }

func (k *hostKeys) load() (*knownHosts, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.db == nil && k.loadErr == nil {
		k.db, k.loadErr = loadKnownHosts(k.files(), k.names(), k.log)
		if k.loadErr != nil {
			k.loadErr = &HostKeyError{Host: k.addr, Kind: Unreadable, Err: k.loadErr}
		}
	}
	return k.db, k.loadErr
}

// names are those under which the host may stand in known_hosts.
func (k *hostKeys) names() []string {
	names := []string{xknownhosts.Normalize(k.addr)}
	if bare := k.bare(); bare != "" {
		names = append(names, xknownhosts.Normalize(bare))
	}
	return names
}

func (k *hostKeys) files() []string {
	return slices.Concat(k.host.UserKnownHostsFiles, k.host.GlobalKnownHostsFiles)
}

// check returns nil for a trusted key. Only the first login gets to ask (see the package doc), so the lock is not held
// for others' sake while the user thinks. A quiet check does not ask.
func (k *hostKeys) check(ctx context.Context, remote net.Addr, key ssh.PublicKey, quiet bool) error {
	db, err := k.load()
	if err != nil {
		return err
	}
	if failure := k.revoked(key); failure != nil {
		return failure
	}
	if k.unchecked(remote) {
		k.log(1, "the host key is not checked (NoHostAuthenticationForLocalhost)")
		return nil
	}
	failure, plain := k.lookUp(db, k.addr, remote, key)
	if failure == nil {
		return nil
	}
	if failure.Kind != Unknown {
		return failure
	}
	if bare := k.bare(); bare != "" {
		if other, _ := k.lookUp(db, bare, remote, key); other == nil {
			k.log(1, "the host key is that of %s", xknownhosts.Normalize(bare))
			return nil
		}
	}
	return k.decide(ctx, remote, plain, failure, quiet)
}

// unchecked reports whether NoHostAuthenticationForLocalhost spares the check: as with ssh it goes by the address, so
// not for what a jump host or a ProxyCommand reaches.
func (k *hostKeys) unchecked(remote net.Addr) bool {
	tcp, ok := remote.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback() && k.host.NoHostAuthenticationForLocalhost && k.host.HostKeyAlias == ""
}

// lookUp looks for the key under a name. A certificate of an authority that the name does not have says no more than the key
// in it, as with ssh; plain is what counted.
func (k *hostKeys) lookUp(db *knownHosts, addr string, remote net.Addr, key ssh.PublicKey) (failure *HostKeyError, plain ssh.PublicKey) {
	if cert, ok := key.(*ssh.Certificate); ok && !isAuthority(db.HostKeyDB, addr, cert.SignatureKey) {
		key = cert.Key
	}
	if err := db.HostKeyCallback()(addr, remote, key); err != nil {
		failure = classify(db.HostKeyDB, addr, err, key)
		failure.File = cmp.Or(db.origin[failure.File], failure.File)
		return failure, key
	}
	return nil, key
}

// isAuthority reports whether key may sign the host's certificates (@cert-authority).
func isAuthority(db *knownhosts.HostKeyDB, addr string, key ssh.PublicKey) bool {
	return slices.ContainsFunc(db.HostKeys(addr), func(known knownhosts.PublicKey) bool {
		return known.Cert && sameKey(known.PublicKey, key)
	})
}

func classify(db *knownhosts.HostKeyDB, addr string, err error, key ssh.PublicKey) *HostKeyError {
	e := &HostKeyError{Host: xknownhosts.Normalize(addr), Kind: Unknown, KeyType: key.Type(),
		Fingerprint: ssh.FingerprintSHA256(key), Err: err}
	var revoked *xknownhosts.RevokedError
	var mismatch *xknownhosts.KeyError
	switch {
	case errors.As(err, &revoked):
		e.Kind, e.File, e.Line = Revoked, revoked.Revoked.Filename, revoked.Revoked.Line
	case errors.As(err, &mismatch):
		// The key of an authority is not one that the host should have.
		wants := slices.DeleteFunc(mismatch.Want, func(w xknownhosts.KnownKey) bool { return isAuthority(db, addr, w.Key) })
		if len(wants) == 0 {
			break
		}
		i := max(0, slices.IndexFunc(wants, func(w xknownhosts.KnownKey) bool { return w.Key.Type() == key.Type() }))
		e.Kind, e.File, e.Line = Changed, wants[i].Filename, wants[i].Line
	default:
		e.Kind = Certificate
	}
	return e
}

// decide settles an unknown key as StrictHostKeyChecking says.
func (k *hostKeys) decide(ctx context.Context, remote net.Addr, key ssh.PublicKey, failure *HostKeyError, quiet bool) error {
	switch mode := k.host.StrictHostKeyChecking; {
	case mode == sshconf.Yes:
		return failure
	case mode == sshconf.Ask && !k.settled():
		if quiet {
			return failure
		}
		yes, err := k.ask(ctx, remote, failure)
		if err != nil {
			failure.Err = err
			return failure
		}
		if !yes {
			failure.Refused = true
			return failure
		}
	}
	if other := k.accept(key); other != nil && !sameKey(other, key) {
		failure.Kind = Changed // since the first connection of this run
		return failure
	}
	return nil
}

func (k *hostKeys) settled() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.accepted != nil
}

// accept returns the key that was accepted before; nil: there was none, and key is it from now on.
func (k *hostKeys) accept(key ssh.PublicKey) ssh.PublicKey {
	k.mu.Lock()
	before := k.accepted
	if before == nil {
		k.accepted = key
	}
	k.mu.Unlock()
	if before == nil {
		k.remember(key)
	}
	return before
}

// ask words the question as ssh does; the answer may be the fingerprint itself.
func (k *hostKeys) ask(ctx context.Context, remote net.Addr, f *HostKeyError) (bool, error) {
	q := "The authenticity of host '" + f.Host + " (" + remote.String() + ")' can't be established.\n" +
		f.KeyType + " key fingerprint is " + f.Fingerprint + ".\n" +
		"Are you sure you want to continue connecting (yes/no/[fingerprint])? "
	for {
		answer, err := k.prompt.Confirm(ctx, q)
		if err != nil {
			return false, err
		}
		switch answer = strings.TrimSpace(answer); {
		case strings.EqualFold(answer, "yes"), answer == f.Fingerprint:
			return true, nil
		case strings.EqualFold(answer, "no"):
			return false, nil
		}
		q = "Please type 'yes', 'no' or the fingerprint: "
	}
}

// keyCheck is the check of one handshake.
type keyCheck struct {
	keys  *hostKeys
	ctx   context.Context
	net   *netConn
	quiet bool // made ahead: what is not known yet is left to the first connection
	// answered is told that the server has shown its key.
	answered func(bool)
	patience time.Duration // with the server, from then on
	err      error
}

// verify is an ssh.HostKeyCallback. The deadline of the handshake ends here: the user may take his time.
func (c *keyCheck) verify(_ string, remote net.Addr, key ssh.PublicKey) error {
	c.answered(true)
	c.net.rest()
	c.err = c.keys.check(c.ctx, remote, key, c.quiet)
	c.net.await(c.patience)
	return c.err
}
