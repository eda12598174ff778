package sshpool

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// notices keeps what the user is told.
type notices struct {
	mu    sync.Mutex
	texts []string
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts = append(n.texts, text)
}

func (n *notices) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.texts, "\n")
}

// What the user named and is not used is told once: after a login, before a question, or beside the error.
func TestNamedKeysThatAreNotUsed(t *testing.T) {
	s := sshdtest.Start(t)
	dir := t.TempDir()
	missing, odd, open := filepath.Join(dir, "missing"), filepath.Join(dir, "odd"), filepath.Join(dir, "open")
	require.NoError(t, os.WriteFile(odd, []byte("no key"), 0o600))
	sshdtest.NewKey(t, open, "ed25519")
	require.NoError(t, os.Chmod(open, 0o644))
	want := []string{missing + " is not used: no such file", odd + " is not used: it holds no private key", open + " is not used: its permissions 0644"}

	h := resolve(t, s)
	h.IdentityFiles = []string{missing, odd, open, s.ClientKey}
	var told notices
	_, errs := openAll(within(t), newPool(t, Options{Host: h, Connections: 3, Notice: told.add}), 3)
	require.Empty(t, errs)
	for _, w := range want {
		require.Equal(t, 1, strings.Count(told.all(), w), "%s in %s", w, told.all())
	}

	h.IdentityFiles = []string{missing, odd, open}
	told = notices{}
	_, err := newPool(t, Options{Host: h, Notice: told.add}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.Len(t, auth.Problems, len(want))
	for i, w := range want {
		require.Contains(t, auth.Problems[i], w)
	}
	require.Empty(t, told.all())
}

// A public key stands for the agent's private one; without that it is told of. An agent that is silent, as a forwarded one whose
// connection is dead, is waited for as long as a server.
func TestPublicKeyAndSilentAgent(t *testing.T) {
	s := sshdtest.Start(t)
	silent := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", silent)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	h := resolve(t, s)
	public := filepath.Join(t.TempDir(), "key.pub")
	require.NoError(t, os.WriteFile(public, ssh.MarshalAuthorizedKey(newPublic(t, "ed25519")), 0o644))
	h.IdentityFiles = []string{public}
	h.AgentSocket = silent
	_, err = newPool(t, Options{Host: h, Patience: 100 * time.Millisecond}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	text := strings.Join(auth.Problems, "\n")
	require.Contains(t, text, "key "+public+" is not used: there is only its public half")
	require.Contains(t, text, "the agent at "+silent+": does not answer")
}

// Of default files only what is dangerous is told.
func TestDefaultKeysThatAreNotUsed(t *testing.T) {
	s := sshdtest.Start(t)
	dir := t.TempDir()
	odd, open := filepath.Join(dir, "odd"), filepath.Join(dir, "open")
	require.NoError(t, os.WriteFile(odd, []byte("no key"), 0o600))
	sshdtest.NewKey(t, open, "ed25519")
	require.NoError(t, os.Chmod(open, 0o666))
	h := resolve(t, s)
	h.IdentityFiles, h.IdentityFilesSet = []string{filepath.Join(dir, "missing"), odd, open}, false
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.Len(t, auth.Problems, 1)
	require.Contains(t, auth.Problems[0], open+" is not used: its permissions 0666")
}

// What the user named is told of even where the server takes no key.
func TestNamedKeyWhereNoKeyIsTaken(t *testing.T) {
	f := newFakeServer(t)
	f.takePassword("right")
	h := f.host()
	h.IdentityFiles, h.IdentityFilesSet = []string{"/no/such/key"}, true
	var told notices
	_, err := newPool(t, Options{Host: h, Notice: told.add, Prompter: &script{t: t, answers: []string{"right"}}}).Open(within(t))
	require.NoError(t, err)
	require.Equal(t, "key /no/such/key is not used: no such file or directory", told.all())
}

// A wrong passphrase from the environment, and an agent that is gone, are told of when no other way is open.
func TestWrongPassphraseAndDeadAgentAreTold(t *testing.T) {
	s := sshdtest.Start(t)
	file, _ := keyFile(t, s, "ed25519", "openssh", "secret")
	h := resolve(t, s)
	h.IdentityFiles = []string{file}
	h.AgentSocket = filepath.Join(t.TempDir(), "gone")
	var told notices
	_, err := newPool(t, Options{Host: h, Passphrase: "wrong", Notice: told.add}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	text := strings.Join(auth.Problems, "\n") + told.all()
	require.Contains(t, text, "the agent at "+h.AgentSocket)
	require.Contains(t, text, "key "+file+": the passphrase in the environment is wrong")

	h.IdentityFiles = []string{s.ClientKey}
	told = notices{}
	_, err = newPool(t, Options{Host: h, Notice: told.add}).Open(within(t))
	require.NoError(t, err)
	require.Empty(t, told.all(), "the agent of the environment is not missed")

	h.AgentSocketSet = true
	_, err = newPool(t, Options{Host: h, Notice: told.add}).Open(within(t))
	require.NoError(t, err)
	require.Contains(t, told.all(), "the agent at "+h.AgentSocket)
}
