package sshpool

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// Whatever a server leaves without an answer before there is a channel, it is given up.
func TestServerSilentInLogin(t *testing.T) {
	for name, silence := range map[string]func(*fakeServer, <-chan struct{}){
		"a key is offered": func(f *fakeServer, end <-chan struct{}) {
			f.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { <-end; return nil, errDenied }
		},
		"a signature": func(f *fakeServer, end <-chan struct{}) {
			f.config.VerifiedPublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey, *ssh.Permissions, string) (*ssh.Permissions, error) {
				<-end
				return nil, errDenied
			}
		},
		"the first question": func(f *fakeServer, end <-chan struct{}) {
			f.config.NoClientAuth = true
			f.config.NoClientAuthCallback = func(ssh.ConnMetadata) (*ssh.Permissions, error) { <-end; return nil, errDenied }
		},
		"a channel":      func(f *fakeServer, _ <-chan struct{}) { f.silentAt = "channel" },
		"the subsystem":  func(f *fakeServer, _ <-chan struct{}) { f.silentAt = "subsystem" },
		"nothing at all": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, key, end := newFakeServer(t), filepath.Join(t.TempDir(), "key"), make(chan struct{})
			t.Cleanup(func() { close(end) })
			sshdtest.NewKey(t, key, "ed25519")
			f.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
			o := Options{Patience: time.Second}
			if silence != nil {
				silence(f, end)
			}
			o.Host = f.host()
			o.Host.IdentityFiles = []string{key}
			ch, err := newPool(t, o).Open(within(t))
			if silence == nil {
				require.NoError(t, err)
				require.NoError(t, ch.Close())
				return
			}
			var dial *DialError
			require.ErrorAs(t, err, &dial)
			require.Equal(t, Timeout, dial.Kind)
		})
	}
}

// A command that the server does not begin is given up; one that it has begun may take its time.
func TestServerSilentToACommand(t *testing.T) {
	f := newFakeServer(t)
	f.config.NoClientAuth = true
	f.silentAt = "exec"
	ch, err := newPool(t, Options{Host: f.host(), Patience: time.Second}).Open(within(t))
	require.NoError(t, err)
	_, err = ch.Exec(within(t), "true", "")
	require.ErrorIs(t, err, ErrSessionRefused)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// The user may take longer than the server may.
func TestPersonMayTakeTime(t *testing.T) {
	f := newFakeServer(t)
	f.config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, nil }
	ch, err := newPool(t, Options{Host: f.host(), Patience: time.Second, Prompter: slowPerson{}}).Open(within(t))
	require.NoError(t, err)
	require.NoError(t, ch.Close())
}

type slowPerson struct{}

func (slowPerson) Secret(context.Context, string) (string, error) {
	time.Sleep(1500 * time.Millisecond)
	return "secret", nil
}

func (slowPerson) Confirm(context.Context, string) (string, error) {
	time.Sleep(1500 * time.Millisecond)
	return "yes", nil
}

// A jump host that never opens the connection to the next host is given up, without a ConnectTimeout too.
func TestJumpHostSilent(t *testing.T) {
	f := newFakeServer(t)
	f.config.NoClientAuth = true
	f.silentAt = "channel"
	h := &sshconf.Host{Alias: "behind", HostName: "behind", Port: 22, User: "u", Jump: f.host()}
	_, err := newPool(t, Options{Host: h, Patience: time.Second}).Open(within(t))
	var dial *DialError
	require.ErrorAs(t, err, &dial)
	require.Equal(t, Timeout, dial.Kind)
	require.NotEmpty(t, dial.Via)
}
