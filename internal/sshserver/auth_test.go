package sshserver

import (
	"testing"
	"time"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// reply answers every question with the same text.
func reply(text string) ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = text
		}
		return answers, nil
	})
}

func TestAuthentication(t *testing.T) {
	good, bad := testKey(t), testKey(t)
	keys := []ssh.PublicKey{good.PublicKey()}
	questions := []Question{{Prompt: "Code: ", Answers: []string{"1234", "5678"}}}
	for name, c := range map[string]struct {
		options Options
		methods []ssh.AuthMethod
		ok      bool
		stats   Stats
	}{
		"none":         {Options{NoAuth: true}, nil, true, Stats{}},
		"zero options": {Options{}, nil, false, Stats{}},
		"key":          {Options{Keys: keys}, []ssh.AuthMethod{ssh.PublicKeys(good)}, true, Stats{Keys: 1}},
		"wrong key":    {Options{Keys: keys}, []ssh.AuthMethod{ssh.PublicKeys(bad)}, false, Stats{Keys: 1}},
		"password":     {Options{Password: "pw"}, []ssh.AuthMethod{ssh.Password("pw")}, true, Stats{Passwords: 1}},
		"bad password": {Options{Password: "pw"}, []ssh.AuthMethod{ssh.Password("p")}, false, Stats{Passwords: 1}},
		"answer":       {Options{Questions: questions}, []ssh.AuthMethod{reply("5678")}, true, Stats{Answers: 1}},
		"wrong answer": {Options{Questions: questions}, []ssh.AuthMethod{reply("0")}, false, Stats{Answers: 1}},
		"two steps": {Options{Keys: keys, Questions: questions, TwoSteps: true},
			[]ssh.AuthMethod{ssh.PublicKeys(good), reply("1234")}, true, Stats{Keys: 1, Answers: 1}},
		"one of two steps": {Options{Keys: keys, Questions: questions, TwoSteps: true},
			[]ssh.AuthMethod{ssh.PublicKeys(good)}, false, Stats{Keys: 1}},
		"second step only": {Options{Keys: keys, Questions: questions, TwoSteps: true},
			[]ssh.AuthMethod{reply("1234")}, false, Stats{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.options)
			client, err := login(s, c.methods...)
			if c.ok {
				require.NoError(t, err)
				require.NoError(t, client.Close())
			} else {
				require.Error(t, err)
			}
			st := s.Stats()
			require.Equal(t, []int{c.stats.Keys, c.stats.Passwords, c.stats.Answers}, []int{st.Keys, st.Passwords, st.Answers})
			require.Equal(t, c.stats.Credentials(), st.Credentials())
			if name != "zero options" { // there is no method to try, not even "none"
				require.Equal(t, []string{"someone"}, st.Users)
			}
		})
	}
}

func TestOneTimeCode(t *testing.T) {
	s := start(t, Options{Questions: []Question{{Prompt: "Code: ", Answers: []string{"1", "2"}, Once: true}}})
	dial(t, s, reply("1"))
	_, err := login(s, reply("1"))
	require.Error(t, err)
	dial(t, s, reply("2"))
}

func TestNoCredentialBeforeTheHostKey(t *testing.T) {
	key := testKey(t)
	s := start(t, Options{Keys: []ssh.PublicKey{key.PublicKey()}})
	_, err := ssh.Dial("tcp", s.Addr(), &ssh.ClientConfig{
		User: "someone", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.FixedHostKey(testKey(t).PublicKey()),
	})
	require.Error(t, err)
	require.NoError(t, s.Close())
	st := s.Stats()
	require.Zero(t, st.Credentials())
	require.Zero(t, st.Attempts)
	require.Empty(t, st.Users)
}

func TestMaxSessions(t *testing.T) {
	s := start(t, Options{NoAuth: true, MaxSessions: 1})
	c := dial(t, s)
	one, err := sftp.NewClient(c)
	require.NoError(t, err)
	_, err = sftp.NewClient(c)
	var refused *ssh.OpenChannelError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, ssh.ConnectionFailed, refused.Reason)
	require.NoError(t, one.Close())
	require.Eventually(t, func() bool {
		again, err := sftp.NewClient(c)
		if err == nil {
			err = again.Close()
		}
		return err == nil
	}, 30*time.Second, time.Millisecond)
	require.Equal(t, 2, s.Stats().Sessions)
}

func TestNoSFTP(t *testing.T) {
	_, err := sftp.NewClient(dial(t, start(t, Options{NoAuth: true, NoSFTP: true})))
	require.Error(t, err)
}

func TestMaxStartupsAndMaxConns(t *testing.T) {
	s := start(t, Options{Password: "pw", MaxStartups: 1})
	inside := make(chan struct{})
	leave := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		c, err := login(s, ssh.PasswordCallback(func() (string, error) {
			close(inside)
			<-leave
			return "pw", nil
		}))
		if err == nil {
			err = c.Close()
		}
		done <- err
	}()
	<-inside
	_, err := login(s, ssh.Password("pw"))
	require.Error(t, err)
	close(leave)
	require.NoError(t, <-done)
	require.Equal(t, 1, s.Stats().Dropped)
	dial(t, s, ssh.Password("pw"))

	s = start(t, Options{NoAuth: true, MaxConns: 1})
	dial(t, s)
	_, err = login(s)
	require.Error(t, err)
	require.Equal(t, 1, s.Stats().Dropped)
}

func TestRekey(t *testing.T) {
	s := start(t, Options{NoAuth: true, Home: t.TempDir(), SSH: ssh.Config{RekeyThreshold: 1 << 16}})
	r, _ := newRaw(t, s)
	h := r.open("x", 0x1|0x2|0x8)
	for i := range 20 {
		p := r.packet(Write).AddString(h).AddUint64(uint64(i) << 15).AddBytes(random(t, 1<<15))
		require.Equal(t, OK, r.status(p))
	}
}
