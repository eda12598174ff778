package sshconf

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mscp/internal/endpoint"
)

// fakeSSH answers ssh -G: defaults where no file is read, else what is configured.
type fakeSSH struct {
	mu       sync.Mutex
	asked    [][]string
	defaults string
	answer   string
	err      error
}

func (f *fakeSSH) run(_ context.Context, args ...string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Equal(args, []string{"-G", "-F", "none", "--", "localhost"}) {
		return []byte(f.defaults), nil
	}
	f.asked = append(f.asked, args)
	return []byte(f.answer), f.err
}

func (f *fakeSSH) resolve(t *testing.T, e endpoint.Endpoint, flags Flags) (*Host, error) {
	env := testEnv(nil)
	env.SSH = f.run
	h, _, err := Resolve(t.Context(), e, flags, env)
	return h, err
}

func TestAskedArguments(t *testing.T) {
	f := &fakeSSH{}
	_, err := f.resolve(t, node("me"), Flags{
		Port: 22, ConfigFile: "/my config", Jump: "none", Family: IPv6, Ciphers: "aes128-ctr", Identities: []string{"/i"},
		Options: []string{"Port=1", "Tag=x", "ConnectTimeout 3", "MACs=hmac-sha1", "NoSuch=1", "ForwardAgent=yes", "CanonicalizeHostname yes"},
	})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"-G", "-F", "/my config", "-l", "me", "-p", "22", "-o", "ProxyJump=none", "-6",
		"-o", "Tag=x", "-o", "ConnectTimeout 3", "-o", "CanonicalizeHostname yes", "--", "node"}}, f.asked)
}

func TestNothingToAsk(t *testing.T) {
	f := &fakeSSH{answer: "port 9\n"}
	h, err := f.resolve(t, node(""), Flags{ConfigFile: "none"})
	require.NoError(t, err)
	require.Equal(t, 22, h.Port)
	require.Empty(t, f.asked)
}

// What ssh prints by default is not what the user has set; what was typed is stronger than what ssh says.
func TestAskedValues(t *testing.T) {
	f := &fakeSSH{
		defaults: "port 22\nserveraliveinterval 0\nciphers a,aes256-ctr,b\nidentityfile ~/.ssh/id_rsa\nuser u\nuserknownhostsfile /h/a /h/b\n",
		answer:   "port 22\nserveraliveinterval 0\nciphers a,aes256-ctr,b\nidentityfile ~/.ssh/id_rsa\nuser v\nuserknownhostsfile /k/a b /h/%b ~x\nhostname real%h\nnovelty 1\n",
	}
	h, err := f.resolve(t, node(""), Flags{})
	require.NoError(t, err)
	require.Equal(t, 15*time.Second, h.ServerAliveInterval)
	require.Equal(t, cipherSet(true).defaults, h.Ciphers)
	require.False(t, h.IdentityFilesSet)
	require.Equal(t, "v", h.User)
	require.Equal(t, "real%h", h.HostName, "ssh has expanded it")
	require.Equal(t, []string{"/k/a b", "/h/%b", "~x"}, h.UserKnownHostsFiles)

	h, err = f.resolve(t, node("w"), Flags{Options: []string{"HostName=typed"}})
	require.NoError(t, err)
	require.Equal(t, []string{"w", "typed"}, []string{h.User, h.HostName})
}

func TestAskingFails(t *testing.T) {
	f := &fakeSSH{err: errors.New("/home/u/.ssh/config: line 3: Bad configuration option: prot")}
	_, err := f.resolve(t, node(""), Flags{})
	require.ErrorAs(t, err, new(*FileError))
	require.EqualError(t, err, "ssh -G: /home/u/.ssh/config: line 3: Bad configuration option: prot")

	ctx, cancel := context.WithCancel(t.Context())
	env := testEnv(nil)
	env.SSH = func(ctx context.Context, _ ...string) ([]byte, error) { // a Match exec that hangs
		cancel()
		<-ctx.Done()
		return nil, errors.New("signal: killed")
	}
	_, _, err = Resolve(ctx, node(""), Flags{}, env)
	require.ErrorIs(t, err, context.Canceled)
}

func TestMistakesAreOursToTell(t *testing.T) {
	f := &fakeSSH{}
	_, err := f.resolve(t, node(""), Flags{Options: []string{"BatchMode=perhaps"}})
	require.ErrorAs(t, err, new(*UsageError))
	require.Empty(t, f.asked)
}

func TestRelative(t *testing.T) {
	defaults := strings.Split("a,b,c,d", ",")
	for list, want := range map[string]string{
		"a,b,c,d,x,y": "+x,y",
		"b,c,d":       "-a",
		"a,d":         "-b,c",
		"d,a":         "d,a",
		"d":           "d",
		"x,y":         "x,y",
		"c,a,b,d":     "^c",
		"x,c,a,b,d":   "^x,c",
		"d,c,b,a":     "d,c,b,a",
		"":            "",
	} {
		require.Equal(t, want, relative(splitList(list), defaults), list)
	}
}

func TestMatchPatterns(t *testing.T) {
	for _, c := range []struct {
		patterns, s string
		want        bool
	}{
		{"*", "", true}, {"?", "", false}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"*.org", "x.org", true}, {"*.org", "org", false},
		{"a*b*c", "aXbYbc", true}, {"a*b*c", "aXbYb", false}, {"**a", "a", true}, {"[a]", "a", false}, {"[a]", "[a]", true},
		{"!a *", "a", false}, {"* !a", "a", false}, {"!a", "b", false}, {"!a b", "b", true}, {"*a*a*a*a*a*a*b", strings.Repeat("a", 64), false},
	} {
		require.Equal(t, c.want, matchPatterns(strings.Fields(c.patterns), c.s), "%+v", c)
	}
}
