package sshpool

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/sshconf"
)

// takeCode lets one login in with a one-time code.
func takeCode(f *fakeServer) {
	f.takeAnswers(func(a []string) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.uses++
		return f.uses == 1 && a[0] == "123456"
	}, []string{"Verification code: "})
}

// One question, one login, and all channels on the one connection, even if all are wanted at once: the code is not sent again.
func TestOneTimePassword(t *testing.T) {
	f := newFakeServer(t)
	takeCode(f)
	var notices atomic.Int32
	ask := &script{t: t, answers: []string{"123456"}}
	p := newPool(t, Options{Host: f.host(), Connections: 4, Sessions: 2, Prompter: ask, Notice: func(string) { notices.Add(1) }})
	channels, errs := openAll(within(t), p, 8)
	require.Empty(t, errs)
	for _, ch := range channels {
		require.Equal(t, 1, ch.Conn().ID())
	}
	_, err := p.Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth, "all of the connection's channels are in use")
	require.True(t, auth.OneTime)
	require.Equal(t, []string{"123456"}, f.secrets())
	require.Len(t, ask.questions(), 1)
	require.EqualValues(t, 1, notices.Load())
}

// The connection that a one-time password has made is lost: nothing is left to open channels on.
func TestOneTimePasswordAndConnectionLost(t *testing.T) {
	f := newFakeServer(t)
	takeCode(f)
	p := newPool(t, Options{Host: f.host(), Connections: 3, Prompter: &script{t: t, answers: []string{"123456"}}})
	channels, errs := openAll(within(t), p, 2)
	require.Empty(t, errs)
	require.NoError(t, channels[0].Conn().Close())
	<-channels[0].Conn().Done()
	_, err := p.Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.True(t, auth.OneTime)
	require.Equal(t, []string{"123456"}, f.secrets())
}

// A code whose question does not say so: one rejected second login, and all channels on the one connection.
func TestOneTimePasswordThatNobodyCallsSo(t *testing.T) {
	f := newFakeServer(t)
	f.takeAnswers(func([]string) bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.uses++
		return f.uses == 1
	}, []string{"Password: "})
	var notices atomic.Int32
	p := newPool(t, Options{Host: f.host(), Connections: 4, Prompter: &script{t: t, answers: []string{"123456"}}, Notice: func(string) { notices.Add(1) }})
	channels, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
	for _, ch := range channels {
		require.Equal(t, 1, ch.Conn().ID())
	}
	require.Equal(t, []string{"123456", "123456"}, f.secrets())
	require.EqualValues(t, 1, notices.Load())
}

// A password and a code, in one round or in two, or after a key: whatever the questions say, nothing is sent twice.
func TestSeveralQuestionsAreAnsweredOnce(t *testing.T) {
	for name, rounds := range map[string][][]string{
		"two rounds":        {{"Password: "}, {"Second: "}},
		"one round":         {{"Password: ", "Second: "}},
		"a code":            {{"Passcode or option (1-3): "}},
		"in Japanese":       {{"ワンタイムパスワード: "}},
		"an empty question": {{}, {"Token: "}},
	} {
		f := newFakeServer(t)
		f.takeAnswers(func([]string) bool { return true }, rounds...)
		ask := &script{t: t, answers: []string{"a", "b"}}
		var notices atomic.Int32
		p := newPool(t, Options{Host: f.host(), Connections: 3, Prompter: ask, Notice: func(string) { notices.Add(1) }})
		_, err := p.Open(within(t))
		require.NoError(t, err)
		require.Zero(t, notices.Load(), "one channel gives nothing up: %s", name)
		_, errs := openAll(within(t), p, 2)
		require.Empty(t, errs, name)
		require.Len(t, f.secrets(), len(ask.questions()), name)
		require.Equal(t, 1, p.Conns(), name)
		require.EqualValues(t, 1, notices.Load(), name)
	}
}

// The password from the environment answers the password's question; the code is asked for.
func TestPasswordFromEnvironmentIsNoCode(t *testing.T) {
	for name, rounds := range map[string][][]string{
		"two rounds":     {{"Password: "}, {"Verification code: "}},
		"one round":      {{"Password: ", "Verification code: "}},
		"unnamed":        {{"Password: "}, {"Second: "}},
		"the code first": {{"One-time password (OATH) for u: ", "Password: "}},
	} {
		f := newFakeServer(t)
		f.takeAnswers(func(a []string) bool { return a[0]+a[1] == "secretcode" || a[1]+a[0] == "secretcode" }, rounds...)
		ask := &script{t: t, answers: []string{"code"}}
		_, err := newPool(t, Options{Host: f.host(), Password: "secret", Prompter: ask}).Open(within(t))
		require.NoError(t, err, name)
		require.Len(t, ask.questions(), 1, name)

		// With nobody to ask, the login ends without an attempt at guessing.
		_, err = newPool(t, Options{Host: f.host(), Password: "secret"}).Open(within(t))
		var auth *AuthError
		require.ErrorAs(t, err, &auth, name)
		require.True(t, auth.NoTerminal, name)
		require.False(t, auth.FromEnv, name)
		require.Len(t, f.secrets(), 2, name)
	}
}

// A wrong code says nothing of the password from the environment: it is used again beside the next code.
func TestWrongCodeBesideThePasswordFromEnvironment(t *testing.T) {
	f := newFakeServer(t)
	f.takeAnswers(func(a []string) bool { return a[0] == "secret" && a[1] == "right" }, []string{"Password: ", "Code: "})
	ask := &script{t: t, answers: []string{"wrong", "right"}}
	_, err := newPool(t, Options{Host: f.host(), Password: "secret", Prompter: ask}).Open(within(t))
	require.NoError(t, err)
	require.Equal(t, []string{"secret", "wrong", "secret", "right"}, f.secrets())
	require.Contains(t, ask.questions()[1], "Permission denied, please try again.\n")
}

func TestQuestionsForACode(t *testing.T) {
	for text, want := range map[string]bool{
		"Password: ": false, "Password for u@node: ": false, "Your opinion: ": false, "Kennwort: ": false, "パスワード: ": false,
		"Verification code: ": true, "Enter PIN: ": true, "One-time password: ": true, "OTP:": true, "PASSCODE:": true, "Enter token_code": false,
		"Duo two-factor login": true, "確認コードを入力: ": true, "Response: ": true, "Einmalpasswort: ": true, "验证码：": true,
	} {
		require.Equal(t, want, asksForCode(text), text)
	}
	l := &login{a: &auth{host: &sshconf.Host{HostName: "pin.example.org", Alias: "token", User: "otp"}}}
	require.False(t, asksForCode(l.withoutNames("Password for otp@pin.example.org (token): ")))
	require.True(t, asksForCode(l.withoutNames("OTP for otp: ")))
}

// A password is good for all: the second login finds out alone, the others follow side by side.
func TestAnswerReused(t *testing.T) {
	f := newFakeServer(t)
	f.takeAnswers(func(a []string) bool { return a[0] == "x" }, []string{"Password: "})
	ask := &script{t: t, answers: []string{"x"}}
	p := newPool(t, Options{Host: f.host(), Connections: 5, Prompter: ask})
	_, errs := openAll(within(t), p, 5)
	require.Empty(t, errs)
	require.Equal(t, 5, p.Conns())
	require.Len(t, ask.questions(), 1)
}
