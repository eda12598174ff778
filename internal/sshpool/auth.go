package sshpool

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
)

// auth is what all logins to a host share: keys, answers, and what has worked.
type auth struct {
	o    Options
	host *sshconf.Host

	mu       sync.Mutex
	loaded   bool
	files    []*identity // with the certificates beside them
	certs    []*identity // of CertificateFile
	problems []problem
	told     []string          // texts of problems
	worked   []string          // fingerprints of the keys that have let us in
	answers  map[string]string // what the user typed, by question
	envSpent bool              // Options.Password was rejected
	proven   bool              // a login has succeeded: nobody is asked any more
	oneTime  bool              // what was answered then is not answered again
}

func newAuth(o Options) *auth {
	return &auth{o: o, host: o.Host, answers: map[string]string{}}
}

// identities loads the key files, once: each key, and the certificate beside it.
func (a *auth) identities() (files, certs []*identity, problems []problem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.loaded {
		return a.files, a.certs, a.problems
	}
	a.loaded = true
	for _, file := range a.host.IdentityFiles {
		id, err := findIdentity(file)
		if err != nil {
			a.fileProblem(err)
			continue
		}
		a.files = append(a.files, id)
		cert, err := besideKey(id, file)
		if err != nil {
			a.fileProblem(err)
		}
		if cert != nil {
			a.files = append(a.files, cert)
		}
	}
	a.certs = a.certificates()
	return a.files, a.certs, a.problems
}

// findIdentity loads a key file; a public key alone stands for the agent's private one.
func findIdentity(file string) (*identity, error) {
	id, err := loadIdentity(file)
	if err == nil {
		return id, nil
	}
	pub := publicHalf(file)
	if errors.Is(err, os.ErrNotExist) {
		pub = publicHalf(file + ".pub")
	}
	if pub == nil {
		return nil, err
	}
	return &identity{name: file, pub: pub, err: &publicError{file}}, nil
}

// order lists the keys as OpenSSH's pubkey_prepare does: the certificates that the user names, the agent's keys that the
// user names too (the default files count as named), the agent's others unless IdentitiesOnly, then the files'. Keys
// that have worked go first: a further login then costs no failed attempt (MaxAuthTries).
func (a *auth) order(agent, files, certs []*identity) []*identity {
	var named, others []*identity
	for _, id := range agent {
		switch {
		case slices.ContainsFunc(files, id.same):
			named = append(named, id)
		case !a.host.IdentitiesOnly:
			others = append(others, id)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(files), func(f *identity) bool { return slices.ContainsFunc(agent, f.same) })
	all := slices.Concat(signable(certs, agent), named, others, signable(rest, agent))
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortStableFunc(all, func(x, y *identity) int { return a.rank(x) - a.rank(y) })
	return all
}

// agentTold says who wants to know that the agent does not answer: everybody, if it was named in the configuration.
func (a *auth) agentTold() told {
	if a.host.AgentSocketSet {
		return toAll
	}
	return onFailure
}

func (id *identity) same(other *identity) bool { return sameKey(id.public(), other.public()) }

func (a *auth) rank(id *identity) int {
	if pub := id.public(); pub != nil {
		if i := slices.Index(a.worked, ssh.FingerprintSHA256(pub)); i >= 0 {
			return i
		}
	}
	return len(a.worked)
}

func sameKey(x, y ssh.PublicKey) bool {
	return x != nil && y != nil && slices.Equal(x.Marshal(), y.Marshal())
}

func (a *auth) isProven() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.proven
}

// printable takes from a server's text what could drive a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return -1
	}, s)
}
