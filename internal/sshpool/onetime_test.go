package sshpool

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
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

// One question, one rejected second login, and all channels on the one connection, even if all are wanted at once.
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
	require.Equal(t, []string{"123456", "123456"}, f.secrets())
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
	require.Equal(t, []string{"123456", "123456"}, f.secrets())
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
