package sshpool

import (
	"errors"
	"io/fs"
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
	files    []*identity
	problems []string
	worked   []string          // fingerprints of the keys that have let us in
	answers  map[string]string // what the user typed, by question
	envSpent bool              // Options.Password was rejected
	proven   bool              // a login has succeeded: nobody is asked any more
}

func newAuth(o Options) *auth {
	return &auth{o: o, host: o.Host, answers: map[string]string{}}
}

// identities loads the key files, once.
func (a *auth) identities() ([]*identity, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.loaded {
		return a.files, a.problems
	}
	a.loaded = true
	for _, file := range a.host.IdentityFiles {
		id, err := findIdentity(file)
		switch {
		case err == nil:
			a.files = append(a.files, id)
		case a.host.IdentityFilesSet || !errors.Is(err, fs.ErrNotExist):
			a.problems = append(a.problems, err.Error())
		}
	}
	return a.files, a.problems
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
	return &identity{name: file, pub: pub, err: errors.New(file + ": the private key is not there")}, nil
}

// order lists the keys as OpenSSH's pubkey_prepare does: the agent's that the user names, the agent's others
// (unless IdentitiesOnly), then the files'. Keys that have worked go first: a further login then costs no
// failed attempt (MaxAuthTries).
func (a *auth) order(agent, files []*identity) []*identity {
	named := func(id *identity) bool {
		return slices.ContainsFunc(files, func(f *identity) bool { return sameKey(f.public(), id.public()) })
	}
	var first, others []*identity
	for _, id := range agent {
		switch {
		case named(id):
			first = append(first, id)
		case !a.host.IdentitiesOnly:
			others = append(others, id)
		}
	}
	if !a.host.IdentityFilesSet { // the default files are a guess: the agent's keys come in its own order
		first, others = slices.DeleteFunc(slices.Clone(agent), func(id *identity) bool {
			return a.host.IdentitiesOnly && !named(id)
		}), nil
	}
	all := slices.Concat(first, others, slices.DeleteFunc(slices.Clone(files), func(f *identity) bool {
		return f.unusable() || slices.ContainsFunc(agent, func(id *identity) bool { return sameKey(f.public(), id.public()) })
	}))
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortStableFunc(all, func(x, y *identity) int { return a.rank(x) - a.rank(y) })
	return all
}

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
