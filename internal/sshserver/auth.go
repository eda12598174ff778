package sshserver

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"

	"golang.org/x/crypto/ssh"
)

var errDenied = errors.New("permission denied")

// auth judges credentials and counts them.
type auth struct {
	o     *Options
	stats *stats

	mu   sync.Mutex
	used map[string]bool // one-time answers
}

// config returns the server's side of one handshake. in is called when the client is in, before it is told so.
func (a *auth) config(in func()) *ssh.ServerConfig {
	c := &ssh.ServerConfig{
		Config: a.o.SSH, NoClientAuth: a.o.NoAuth, MaxAuthTries: a.o.MaxAuthTries,
		AuthLogCallback: func(m ssh.ConnMetadata, method string, err error) {
			a.log(m, method)
			if err == nil {
				a.stats.note(func(s *Stats) { s.Logins++ })
				in()
			}
		},
	}
	for _, k := range a.o.HostKeys {
		c.AddHostKey(k)
	}
	if len(a.o.Keys) > 0 {
		c.PublicKeyCallback = a.key
	}
	if a.o.Password != "" {
		c.PasswordCallback = a.password
	}
	if len(a.o.Questions) > 0 && !a.o.TwoSteps {
		c.KeyboardInteractiveCallback = a.ask
	}
	return c
}

func (a *auth) log(m ssh.ConnMetadata, method string) {
	a.stats.user(m.User())
	if method != "none" {
		a.stats.note(func(s *Stats) { s.Attempts++ })
	}
}

// then is what follows a right key or password: the login, or the second step.
func (a *auth) then() (*ssh.Permissions, error) {
	if !a.o.TwoSteps {
		return nil, nil
	}
	return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: a.ask}}
}

func (a *auth) key(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	a.stats.user(m.User())
	a.stats.note(func(s *Stats) { s.Keys++ })
	for _, k := range a.o.Keys {
		if bytes.Equal(k.Marshal(), key.Marshal()) {
			return a.then()
		}
	}
	return nil, errDenied
}

func (a *auth) password(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	a.stats.note(func(s *Stats) { s.Passwords++ })
	if subtle.ConstantTimeCompare(password, []byte(a.o.Password)) == 1 {
		return a.then()
	}
	return nil, errDenied
}

func (a *auth) ask(_ ssh.ConnMetadata, challenge ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	var prompts []string
	var echos []bool
	for _, q := range a.o.Questions {
		prompts, echos = append(prompts, q.Prompt), append(echos, q.Echo)
	}
	answers, err := challenge("", "", prompts, echos)
	if err != nil {
		return nil, err
	}
	a.stats.note(func(s *Stats) { s.Answers += len(answers) })
	if len(answers) != len(prompts) || !a.right(answers) {
		return nil, errDenied
	}
	return nil, nil
}

// right judges all answers together, and uses up those that are good for one use.
func (a *auth) right(answers []string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, q := range a.o.Questions {
		if !slices.Contains(q.Answers, answers[i]) || q.Once && a.used[answers[i]] {
			return false
		}
	}
	for i, q := range a.o.Questions {
		if q.Once {
			a.used[answers[i]] = true
		}
	}
	return true
}
