package sshpool

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

var (
	errLocked   = errors.New("locked by a passphrase")
	errEnvSpent = errors.New("the password from the environment was rejected")
	errOneTime  = errors.New("the server asks for a one-time answer")
)

// unlock asks for an identity's passphrase where that is needed.
func (l *login) unlock(id *identity) (ssh.Signer, error) { return id.unlock(l.ctx, l.passphrase) }

// passphrase tries the one from the environment, then asks the user. It is checked here, so a wrong one costs nothing.
func (l *login) passphrase(ctx context.Context, id *identity, try func(string) error) error {
	if given := l.a.o.Passphrase; given != "" {
		if err := try(given); !errors.Is(err, errPassphrase) {
			return err
		}
		l.problem(fmt.Errorf("key %s: the passphrase in the environment is wrong", id.name), toAll)
	}
	if l.a.isProven() {
		return errLocked
	}
	l.tell()
	again := ""
	for range l.a.host.NumberOfPasswordPrompts {
		typed, err := l.a.o.Prompter.Secret(ctx, fmt.Sprintf("%sEnter passphrase for key '%s': ", again, id.name))
		if err != nil {
			return err
		}
		if typed == "" { // as with ssh: go on to the next key
			return errLocked
		}
		if err := try(typed); !errors.Is(err, errPassphrase) {
			return err
		}
		again = "Wrong passphrase, please try again.\n"
	}
	return errPassphrase
}

func (l *login) password(s *step) (string, error) {
	prompt := fmt.Sprintf("%s@%s's password: ", l.a.host.User, l.a.host.Alias)
	answer, err := l.secret(s, 0, prompt, false, !l.envSent)
	s.err = err
	return answer, err
}

// answer is the challenge of keyboard-interactive (RFC 4256). A server may ask in several rounds; asked counts the
// questions of all of them, for one text may come twice.
func (l *login) answer(s *step, asked *int, name, instruction string, questions []string, echos []bool) ([]string, error) {
	heading := ""
	for _, text := range []string{name, instruction} {
		if text = printable(text); text != "" {
			heading += text + "\n"
		}
	}
	s.code = s.code || asksForCode(l.withoutNames(name+"\n"+instruction))
	answers := make([]string, 0, len(questions))
	for i, q := range questions {
		code := asksForCode(l.withoutNames(q))
		s.code = s.code || code
		prompt := fmt.Sprintf("%s(%s@%s) %s", heading, l.a.host.User, l.a.host.Alias, printable(q))
		heading = ""
		// The password given beforehand answers one question, which is put like one for a password.
		env := !l.envSent && !echos[i] && !code
		answer, err := l.secret(s, *asked, prompt, echos[i], env)
		if err != nil {
			s.err = err
			return nil, err
		}
		*asked++
		answers = append(answers, answer)
	}
	return answers, nil
}

// secret finds the answer to a question: what the user has typed before, the environment's password if env, or the
// user's, who is asked unless a login has already succeeded.
func (l *login) secret(s *step, n int, prompt string, echo, env bool) (string, error) {
	a := l.a
	l.answered = true
	key := fmt.Sprintf("%s\x00%d\x00%s", s.method, n, prompt)
	a.mu.Lock()
	typed, known := a.answers[key]
	spent, proven := a.envSpent, a.proven
	a.mu.Unlock()
	switch {
	case known:
		s.used = append(s.used, key)
		return typed, nil
	case env && a.o.Password != "" && spent:
		return "", errEnvSpent
	case env && a.o.Password != "":
		s.env, l.envSent = true, true
		return a.o.Password, nil
	case proven:
		l.oneTime = true
		return "", errOneTime
	}
	l.tell()
	ask := a.o.Prompter.Secret
	if echo {
		ask = a.o.Prompter.Confirm
	}
	if l.again { // as ssh words it
		l.again = false
		prompt = "Permission denied, please try again.\n" + prompt
	}
	typed, err := ask(l.ctx, prompt)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[key] = typed
	s.used = append(s.used, key)
	return typed, nil
}
