package sshpool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/ssh"
)

// login is one authentication. x/crypto/ssh calls next before each attempt, and the callbacks of what next returned
// during it, all on one goroutine.
type login struct {
	a    *auth
	ctx  context.Context
	conn *Conn
	hold func() error // nil: there is nothing to wait for

	begun      bool // the server has said which methods it takes
	keys       []*identity
	keysReady  bool
	closeAgent func()
	last       *step
	partial    int // methods that the server has accepted as one of several
	off        map[string]bool
	failed     int  // secrets rejected
	answered   bool // a secret was sent
	winners    []*identity

	tried      []string
	problems   []problem
	noTerminal bool
	unasked    error // why nobody could be asked
	oneTime    bool
	fromEnv    bool
	envSent    bool // Options.Password has answered its question
	again      bool // an answer was rejected
	questions  int  // answered, by steps that the server accepted
	code       bool // one of them asked for a one-time code
}

// step is one attempt.
type step struct {
	method string
	name   string // for messages
	id     *identity
	used   []string // keys of auth.answers
	env    bool     // Options.Password was sent
	code   bool     // a one-time code was asked for
	err    error    // why nothing was sent
}

func (a *auth) login(ctx context.Context, c *Conn) *login {
	return &login{a: a, ctx: ctx, conn: c, off: map[string]bool{}, closeAgent: func() {}}
}

// next chooses what to try next, in the user's order of methods.
func (l *login) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.conn.net.rest()
	defer l.conn.net.await(l.a.o.patience())
	if !l.begun {
		l.begun = true
		l.load()
	}
	if err := l.wait(); err != nil {
		return nil, err
	}
	// x/crypto/ssh asks for another method even when the last one failed because the connection is gone: the
	// user must not be asked for a password that nobody will take.
	if err := errors.Join(l.ctx.Err(), l.conn.net.broken()); err != nil {
		return nil, err
	}
	l.settle(len(c.PartialSuccessMethods))
	for _, m := range l.a.host.Authentications {
		if l.off[m] || !takes(c.AllowedMethods, m) {
			continue
		}
		method, err := l.attempt(m)
		if err != nil {
			return nil, err
		}
		if method != nil {
			l.a.o.Log(2, "connection %d: trying %s", l.conn.id, l.last.name)
			return method, nil
		}
	}
	return nil, l.failure(c.AllowedMethods, nil)
}

// takes reports whether a server that lists these methods may take m. A server that lists none has said nothing
// about its methods (a plain ctx.reject() of npm's ssh2): OpenSSH then tries all that the user prefers.
func takes(listed []string, m string) bool {
	named := slices.ContainsFunc(listed, func(s string) bool { return s != "" })
	return !named || slices.Contains(listed, m)
}

// wait calls hold, once.
func (l *login) wait() error {
	hold := l.hold
	l.hold = nil
	if hold == nil {
		return nil
	}
	return hold()
}

// attempt returns nil where a method has nothing more to try.
func (l *login) attempt(method string) (ssh.AuthMethod, error) {
	if method == "publickey" {
		return l.publicKey()
	}
	if l.failed >= l.a.host.NumberOfPasswordPrompts {
		return nil, nil
	}
	s := &step{method: method, name: method}
	l.last = s
	if method == "password" {
		return ssh.PasswordCallback(func() (string, error) {
			l.conn.net.rest()
			defer l.conn.net.await(l.a.o.judging())
			return l.password(s)
		}), nil
	}
	asked := 0
	return ssh.KeyboardInteractive(func(name, instruction string, questions []string, echos []bool) ([]string, error) {
		l.conn.net.rest()
		defer l.conn.net.await(l.a.o.judging())
		return l.answer(s, &asked, name, instruction, questions, echos)
	}), nil
}

// settle draws the conclusions from the last attempt, which has not let us in.
func (l *login) settle(partial int) {
	s := l.last
	l.last = nil
	if s == nil {
		return
	}
	if partial > l.partial {
		l.partial = partial
		l.won(s)
		return
	}
	if s.err != nil {
		to := onFailure
		if s.method != "publickey" && (errors.Is(s.err, ErrNoTerminal) || errors.Is(s.err, errEnvSpent)) {
			to = onDetail // NoTerminal and FromEnv say it
		}
		l.problem(s.err, to)
		l.off[s.method] = s.method != "publickey"
		return
	}
	l.tried = append(l.tried, s.name)
	if s.method == "publickey" {
		return
	}
	l.failed++
	l.again, l.envSent = true, false
	l.a.mu.Lock()
	defer l.a.mu.Unlock()
	switch {
	case l.a.proven: // it was right once: another try would only count against the account
		l.oneTime = true
		l.off["password"], l.off["keyboard-interactive"] = true, true
	case s.env && len(s.used) == 0: // else it may have been the answer beside it
		l.fromEnv, l.a.envSpent = true, true
	case len(s.used) == 0: // the server asked nothing, and will not the next time
		l.off[s.method] = true
		l.failed--
		l.again = false
	}
	for _, key := range s.used {
		delete(l.a.answers, key)
	}
}

func (l *login) won(s *step) {
	if s.id != nil {
		l.winners = append(l.winners, s.id)
	}
	l.questions += len(s.used)
	if s.env {
		l.questions++
	}
	l.code = l.code || s.code
}

// succeeded keeps what has let us in, for the other connections. It reports whether these may log in side by side: not
// before an answer that somebody gave has been good for a second login. A one-time password would be rejected once for each.
func (l *login) succeeded() (repeats bool) {
	if l.last != nil {
		l.won(l.last)
	}
	l.tell()
	l.a.mu.Lock()
	defer l.a.mu.Unlock()
	if !l.a.proven {
		l.a.oneTime = l.code || l.questions > 1
	}
	repeats = l.a.proven || !l.answered && !l.a.oneTime
	l.a.proven = true
	for _, id := range l.winners {
		if f := ssh.FingerprintSHA256(id.public()); !slices.Contains(l.a.worked, f) {
			l.a.worked = append(l.a.worked, f)
		}
	}
	return repeats
}

// rejected reports whether the server has turned something down.
func (l *login) rejected() bool { return len(l.tried) > 0 }

func (l *login) failure(offered []string, err error) error {
	if l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	return &AuthError{
		Host: l.a.host.Alias, User: l.a.host.User, Tried: l.tried, Offered: offered, NoTerminal: l.noTerminal, Unasked: l.unasked,
		OneTime: l.oneTime, FromEnv: l.fromEnv, Problems: l.untold(), Err: err,
	}
}

// publicKey offers the next key. A key that the server would take is unlocked then, not before.
func (l *login) publicKey() (ssh.AuthMethod, error) {
	l.gather()
	for len(l.keys) > 0 {
		id := l.keys[0]
		l.keys = l.keys[1:]
		if id.public() == nil {
			if _, err := l.unlock(id); err != nil {
				if l.ctx.Err() != nil {
					return nil, l.ctx.Err()
				}
				l.problem(err, onFailure)
				continue
			}
		}
		s := &step{method: "publickey", name: "publickey " + id.name, id: id}
		signer := &lazySigner{id: id, accept: l.a.host.PubkeyAcceptedAlgorithms, unlock: func(id *identity) (ssh.Signer, error) {
			l.conn.net.rest() // for a passphrase, or a touch
			signer, err := l.unlock(id)
			if s.err = err; err == nil {
				l.conn.pool.pin(l.conn)
				// the server would take the key, and we have it: it will most likely let us in
				l.conn.pool.startAhead(l.ctx)
			}
			return signer, err
		}}
		signer.signed = func() { l.conn.net.await(l.a.o.patience()) }
		if len(signer.Algorithms()) == 0 {
			l.problem(errors.New(id.name+": its algorithm is not accepted (PubkeyAcceptedAlgorithms)"), onFailure)
			continue
		}
		l.last = s
		return ssh.PublicKeys(signer), nil
	}
	return nil, nil
}

// load reads the key files, whether or not the server takes keys: what the user named and is not there is worth a word.
func (l *login) load() {
	if !slices.Contains(l.a.host.Authentications, "publickey") {
		return
	}
	_, _, problems := l.a.identities()
	for _, p := range problems {
		l.problem(p.err, p.told)
	}
}

func (l *login) gather() {
	if l.keysReady {
		return
	}
	l.keysReady = true
	files, certs, _ := l.a.identities()
	var agent []*identity
	if socket := l.a.host.AgentSocket; socket != "" {
		var err error
		if agent, l.closeAgent, err = agentKeys(l.ctx, socket, l.a.o.patience()); err != nil {
			l.problem(fmt.Errorf("the agent at %s: %w", socket, withoutPath(err)), l.a.agentTold())
		}
	}
	for _, id := range files {
		if err := id.publicOnly(); err != nil && !slices.ContainsFunc(agent, id.same) {
			l.problem(err, l.a.filesTold())
		}
	}
	l.keys = l.a.order(agent, files, certs)
}

func (l *login) close() { l.closeAgent() }
