package sshpool

import (
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
	db       *knownhosts.HostKeyDB
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
	known := db.HostKeyAlgorithms(k.addr)
	authority := slices.ContainsFunc(db.HostKeys(k.addr), func(key knownhosts.PublicKey) bool { return key.Cert })
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

func isCertificate(algorithm string) bool { return strings.Contains(algorithm, "-cert-v01@") }

func (k *hostKeys) load() (*knownhosts.HostKeyDB, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.db == nil && k.loadErr == nil {
		k.db, k.loadErr = loadKnownHosts(k.files(), k.log)
		if k.loadErr != nil {
			k.loadErr = &HostKeyError{Host: k.addr, Kind: Unreadable, Err: k.loadErr}
		}
	}
	return k.db, k.loadErr
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
	// A certificate of an authority that we do not know says no more than the key in it (as with ssh).
	if cert, ok := key.(*ssh.Certificate); ok && !k.authority(db, cert.SignatureKey) {
		key = cert.Key
	}
	err = db.HostKeyCallback()(k.addr, remote, key)
	if err == nil {
		return nil
	}
	failure := k.classify(db, err, key)
	if failure.Kind != Unknown {
		return failure
	}
	return k.decide(ctx, remote, key, failure, quiet)
}

// authority reports whether key may sign the host's certificates (@cert-authority).
func (k *hostKeys) authority(db *knownhosts.HostKeyDB, key ssh.PublicKey) bool {
	return slices.ContainsFunc(db.HostKeys(k.addr), func(known knownhosts.PublicKey) bool {
		return known.Cert && sameKey(known.PublicKey, key)
	})
}

func (k *hostKeys) classify(db *knownhosts.HostKeyDB, err error, key ssh.PublicKey) *HostKeyError {
	e := &HostKeyError{Host: xknownhosts.Normalize(k.addr), Kind: Unknown, KeyType: key.Type(),
		Fingerprint: ssh.FingerprintSHA256(key), Err: err}
	var revoked *xknownhosts.RevokedError
	var mismatch *xknownhosts.KeyError
	switch {
	case errors.As(err, &revoked):
		e.Kind, e.File, e.Line = Revoked, revoked.Revoked.Filename, revoked.Revoked.Line
	case errors.As(err, &mismatch):
		// The key of an authority is not one that the host should have.
		wants := slices.DeleteFunc(mismatch.Want, func(w xknownhosts.KnownKey) bool { return k.authority(db, w.Key) })
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
	err   error
}

// verify is an ssh.HostKeyCallback. The deadline of the handshake ends here: the user may take his time.
func (c *keyCheck) verify(_ string, remote net.Addr, key ssh.PublicKey) error {
	if err := c.net.SetDeadline(time.Time{}); err != nil {
		return err
	}
	c.err = c.keys.check(c.ctx, remote, key, c.quiet)
	return c.err
}
