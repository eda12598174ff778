package sshpool

import (
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/endpoint"
	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// fakeServer is an SSH server in the test's process, for what a real sshd without PAM cannot ask.
type fakeServer struct {
	t      *testing.T
	config *ssh.ServerConfig
	l      net.Listener
	start  sync.Once
	wg     sync.WaitGroup

	mu       sync.Mutex
	attempts []string // secrets received, in order
	uses     int      // of the password; for one that is good once

	silentAt string // the request that is never answered: "channel", or a channel request's type
}

var errDenied = errors.New("denied")

func newFakeServer(t *testing.T) *fakeServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &fakeServer{t: t, l: l, config: &ssh.ServerConfig{MaxAuthTries: 20}}
	key, err := ssh.NewSignerFromKey(sshdtest.Generate(t, "ed25519"))
	require.NoError(t, err)
	f.config.AddHostKey(key)
	t.Cleanup(func() { _ = l.Close(); f.wg.Wait() })
	return f
}

func (f *fakeServer) accept() {
	for {
		c, err := f.l.Accept()
		if err != nil {
			return
		}
		f.wg.Go(func() { f.serve(c) })
	}
}

func (f *fakeServer) serve(c net.Conn) {
	defer c.Close()
	conn, chans, reqs, err := ssh.NewServerConn(c, f.config)
	if err != nil {
		return
	}
	f.wg.Go(func() { ssh.DiscardRequests(reqs) })
	for n := range chans {
		if f.silentAt == "channel" {
			continue
		}
		ch, reqs, err := n.Accept()
		if err != nil {
			break
		}
		f.wg.Go(func() {
			for r := range reqs {
				if r.Type != f.silentAt {
					_ = r.Reply(r.Type == "subsystem", nil)
				}
			}
		})
		f.wg.Go(func() {
			server, err := sftp.NewServer(ch)
			if err == nil {
				_ = server.Serve()
			}
			_ = ch.Close()
		})
	}
	_ = conn.Close()
}

func (f *fakeServer) received(secret string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts = append(f.attempts, secret)
}

func (f *fakeServer) secrets() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.attempts...)
}

// host starts the server, whose configuration is then complete, and trusts its key on first sight.
func (f *fakeServer) host() *sshconf.Host {
	f.start.Do(func() { f.wg.Go(f.accept) })
	env := sshconf.Env{Home: f.t.TempDir(), User: "u", Getenv: func(string) string { return "" }}
	h, _, err := sshconf.Resolve(f.t.Context(), endpoint.Endpoint{Remote: true, Host: "127.0.0.1"}, sshconf.Flags{
		Port: f.l.Addr().(*net.TCPAddr).Port, ConfigFile: "none",
		Options: []string{"StrictHostKeyChecking=accept-new", "GlobalKnownHostsFile=none"},
	}, env)
	require.NoError(f.t, err)
	return h
}

func (f *fakeServer) takePassword(right string) {
	f.config.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		f.received(string(password))
		if string(password) != right {
			return nil, errDenied
		}
		return nil, nil
	}
}

// takeAnswers asks the questions in rounds; check sees all answers.
func (f *fakeServer) takeAnswers(check func([]string) bool, rounds ...[]string) {
	f.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		var all []string
		for _, questions := range rounds {
			answers, err := ask("", "", questions, make([]bool, len(questions)))
			if err != nil {
				return nil, err
			}
			all = append(all, answers...)
		}
		for _, a := range all {
			f.received(a)
		}
		if !check(all) {
			return nil, errDenied
		}
		return nil, nil
	}
}

func TestPasswordIsAskedForOnce(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	ask := &script{t: t, answers: []string{"wrong", "right"}}
	p := newPool(t, Options{Host: f.host(), Connections: 4, Prompter: ask})
	channels, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
	exercise(t, channels[0])
	require.Equal(t, []string{"u@127.0.0.1's password: ", "Permission denied, please try again.\nu@127.0.0.1's password: "}, ask.questions())
	require.Equal(t, []string{"wrong", "right", "right", "right", "right"}, f.secrets())
}

func TestPasswordPromptsAreLimited(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	f.takeAnswers(func(a []string) bool { return a[0] == "right" }, []string{"Password: "})
	ask := &script{t: t, answers: []string{"a", "b", "c"}} // over both methods
	p := newPool(t, Options{Host: f.host(), Connections: 4, Prompter: ask})
	_, errs := openAll(within(t), p, 4)
	require.Len(t, errs, 4)
	for _, err := range errs {
		var auth *AuthError
		require.ErrorAs(t, err, &auth)
		require.Equal(t, []string{"keyboard-interactive", "keyboard-interactive", "keyboard-interactive"}, auth.Tried)
		require.False(t, auth.NoTerminal)
	}
	require.Equal(t, []string{"a", "b", "c"}, f.secrets())
}

func TestPasswordFromEnvironmentIsTriedOnce(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	f.takeAnswers(func(a []string) bool { return a[0] == "right" }, []string{"Password: "})
	p := newPool(t, Options{Host: f.host(), Connections: 4, Password: "wrong", Prompter: &script{t: t}})
	_, errs := openAll(within(t), p, 4)
	require.Len(t, errs, 4)
	var auth *AuthError
	require.ErrorAs(t, errs[0], &auth)
	require.True(t, auth.FromEnv)
	require.Equal(t, []string{"wrong"}, f.secrets())

	p = newPool(t, Options{Host: f.host(), Connections: 4, Password: "right"})
	_, errs = openAll(within(t), p, 4)
	require.Empty(t, errs)
}

func TestNoTerminal(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	f.takeAnswers(func([]string) bool { return true }, []string{"Password: "})
	_, err := newPool(t, Options{Host: f.host()}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.True(t, auth.NoTerminal)
	require.Empty(t, f.secrets())
}

func TestKeyboardInteractiveRounds(t *testing.T) {
	f := newFakeServer(t)
	f.takeAnswers(func(a []string) bool { return a[0]+a[1]+a[2] == "xyz" },
		[]string{"First: ", "Second\x1b[2J: "}, nil, []string{"First: "})
	ask := &script{t: t, answers: []string{"x", "y", "z"}}
	p := newPool(t, Options{Host: f.host(), Connections: 3, Prompter: ask})
	_, errs := openAll(within(t), p, 3)
	require.Empty(t, errs)
	require.Equal(t, []string{"(u@127.0.0.1) First: ", "(u@127.0.0.1) Second[2J: ", "(u@127.0.0.1) First: "}, ask.questions())
}

// Both a key and a password are wanted (AuthenticationMethods publickey,password).
func TestKeyThenPassword(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithTempUser(), sshdtest.WithConfig("AuthenticationMethods publickey,password"))
	ask := &script{t: t, answers: []string{"wrong", s.Password}}
	p := newPool(t, Options{Host: resolve(t, s), Connections: 2, Prompter: ask})
	_, errs := openAll(within(t), p, 2)
	require.Empty(t, errs, s.Log())
	require.Len(t, ask.questions(), 2)
}
