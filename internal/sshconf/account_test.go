package sshconf

import (
	"errors"
	"io/fs"
	"os/user"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAccount(t *testing.T) {
	none := errors.New("none")
	for _, c := range []struct {
		name     string
		passwd   *user.User
		programs map[string]string
		env      map[string]string
		want     account
	}{
		{"in /etc/passwd", &user.User{Username: "a", HomeDir: "/home/a"}, nil, map[string]string{"LOGNAME": "b"}, account{"a", "/home/a", true}},
		{"in LDAP", nil, map[string]string{"getent passwd 1234": "ldap:*:1234:100:A, B:/nfs/ldap:/bin/sh\n"}, map[string]string{"LOGNAME": "root"},
			account{"ldap", "/nfs/ldap", true}},
		{"getent of another", nil, map[string]string{"getent passwd 1234": "x:*:12345:100::/x:/bin/sh\n", "id -un": "idname\n"}, nil, account{"idname", "", true}},
		{"id knows no name", nil, map[string]string{"id -un": "1234\n"}, map[string]string{"LOGNAME": "l", "USER": "u"}, account{"l", "", false}},
		{"cron", nil, nil, map[string]string{"USER": "u"}, account{"u", "", false}},
		{"nobody knows", nil, nil, nil, account{}},
	} {
		d := database{
			uid: 1234,
			passwd: func(string) (*user.User, error) {
				if c.passwd == nil {
					return nil, none
				}
				return c.passwd, nil
			},
			run: func(name string, args ...string) ([]byte, error) {
				out, ok := c.programs[strings.Join(append([]string{name}, args...), " ")]
				if !ok {
					return nil, none
				}
				return []byte(out), nil
			},
			getenv: func(name string) string { return c.env[name] },
		}
		require.Equal(t, c.want, d.account(), c.name)
	}
}

func TestHome(t *testing.T) {
	for _, c := range []struct{ variable, account, ssh, want string }{
		{"/home/a", "/home/a", "", "/home/a"},
		{"", "/home/a", "", "/home/a"},
		{"relative", "/home/a", "", "/home/a"},
		{"/job", "/home/a", "/home/a", "/home/a"},
		{"/job", "/home/a", "/job", "/job"},
		{"/job", "/home/a", "/job /home/a", "/job"},
		{"/job", "/home/a", "", "/job"},
		{"/job/", "", "", "/job"},
		{"", "", "", ""},
	} {
		exists := func(path string) bool {
			for _, dir := range strings.Fields(c.ssh) {
				if path == dir+"/.ssh" {
					return true
				}
			}
			return false
		}
		require.Equal(t, c.want, home(c.variable, c.account, exists), "%+v", c)
	}
}

// What is not known of the user is an error only where it is needed.
func TestNobodyKnowsTheUser(t *testing.T) {
	env := testEnv(nil)
	env.Home, env.User, env.LocalHost = "", "", ""
	h, _, err := Resolve(t.Context(), node("me"), Flags{}, env)
	require.NoError(t, err)
	require.Equal(t, "me", h.User)
	require.Empty(t, h.IdentityFiles)
	require.Empty(t, h.UserKnownHostsFiles)

	_, _, err = Resolve(t.Context(), node(""), Flags{}, env)
	require.ErrorContains(t, err, "give it with -l or user@")
	_, _, err = Resolve(t.Context(), node("me"), Flags{Identities: []string{"~/key"}}, env)
	require.ErrorIs(t, err, errHome)

	env.ReadFile = testEnv(map[string]string{"/etc/ssh/ssh_config": "User from-file\n"}).ReadFile
	h, _, err = Resolve(t.Context(), node(""), Flags{}, env)
	require.NoError(t, err)
	require.Equal(t, "from-file", h.User)
}

// HOME=/dev/null, as daemons have it, is a home without files.
func TestHomeThatIsNoDirectory(t *testing.T) {
	env := testEnv(nil)
	env.ReadFile = func(string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: "/dev/null/.ssh/config", Err: syscall.ENOTDIR}
	}
	h, _, err := Resolve(t.Context(), node("me"), Flags{}, env)
	require.NoError(t, err)
	require.Equal(t, "me", h.User)
}
