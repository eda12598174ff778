package sshpool

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mscp/internal/endpoint"
	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// TestMain also is the program of ProxyCommand tests: "TEST-BINARY proxy ADDRESS" connects its standard input and output.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "proxy" {
		os.Exit(proxyMain(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

// resolve makes a Host for s that reads no file of the developer's; flags are added to those that reach s.
func resolve(t testing.TB, s *sshdtest.Server, options ...string) *sshconf.Host {
	t.Helper()
	env := sshconf.Env{Home: t.TempDir(), User: "nobody", Getenv: func(string) string { return "" }, ReadFile: os.ReadFile, AES: true}
	h, warnings, err := sshconf.Resolve(t.Context(), endpoint.Endpoint{Remote: true, Host: s.Host, User: s.User}, sshconf.Flags{
		Port: s.Port, ConfigFile: "none", Identities: []string{s.ClientKey},
		Options: append(options, "UserKnownHostsFile="+s.KnownHosts, "GlobalKnownHostsFile=none"),
	}, env)
	require.NoError(t, err)
	require.Empty(t, warnings)
	return h
}

// within bounds a test that would otherwise hang.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newPool(t testing.TB, o Options) *Pool {
	t.Helper()
	if o.Log == nil {
		o.Log = testLog(t)
	}
	p := New(o)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// testLog keeps the log and shows it when the test fails.
func testLog(t testing.TB) Log {
	var mu sync.Mutex
	var lines []string
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if t.Failed() {
			for _, l := range lines {
				t.Log(l)
			}
		}
	})
	return func(level int, format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, fmt.Sprintf("%d: "+format, append([]any{level}, args...)...))
	}
}

// exercise does some SFTP on a channel.
func exercise(t testing.TB, ch *Channel) {
	t.Helper()
	client, err := sftp.NewClientPipe(ch, ch)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "file")
	f, err := client.Create(name)
	require.NoError(t, err)
	_, err = f.Write([]byte("hello"))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
	require.NoError(t, client.Close())
}

// script answers questions in order, and fails the test for one too many.
type script struct {
	t       testing.TB
	mu      sync.Mutex
	answers []string
	asked   []string
}

func (s *script) next(prompt string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, prompt)
	if len(s.answers) == 0 {
		s.t.Errorf("unexpected question %q", prompt)
		return "", ErrNoTerminal
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func (s *script) Secret(_ context.Context, prompt string) (string, error)  { return s.next(prompt) }
func (s *script) Confirm(_ context.Context, prompt string) (string, error) { return s.next(prompt) }

func (s *script) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}
