package sshconf

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mscp/internal/endpoint"
)

func TestRecentOpenSSH(t *testing.T) {
	for version, want := range map[string]bool{
		"OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n": true,
		"OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2\n":                   true,
		"OpenSSH_6.8p1, OpenSSL 1.0.1k 8 Jan 2015\n":                    true,
		"OpenSSH_10.0p2, OpenSSL 3.5.0\n":                               true,
		"OpenSSH_7.4p1-hpn14v13, OpenSSL 1.0.2k-fips\n":                 true,
		"warning: setlocale\nOpenSSH_8.9p1 Ubuntu-3\n":                  true,
		"OpenSSH_6.6.1p1, OpenSSL 1.0.1e-fips 11 Feb 2013\n":            false,
		"OpenSSH_5.3p1, OpenSSL 1.0.1e-fips\n":                          false,
		"Dropbear v2022.83\n":                                           false,
		"Sun_SSH_1.1.5, SSH protocols 1.5/2.0\n":                        false,
		"not OpenSSH_9.2p1\n":                                           false,
		"OpenSSH_99999999999999999999.1\n":                              false,
		"":                                                              false,
	} {
		require.Equal(t, want, isRecentOpenSSH([]byte(version)), version)
	}
}

// An ssh that is not OpenSSH is asked for its version and nothing else.
func TestOtherSSHIsNotAsked(t *testing.T) {
	dir := t.TempDir()
	program := "#!/bin/sh\necho \"$*\" >>" + dir + "/asked\necho Dropbear v2022.83 >&2\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ssh"), []byte(program), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	require.Nil(t, systemSSH())
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	require.NoError(t, err)
	require.Equal(t, "-V\n", string(asked))
}

func TestProgramsWithoutPath(t *testing.T) {
	t.Setenv("PATH", "")
	path, err := findProgram("sh")
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(path))
	_, err = findProgram("no such program")
	require.Error(t, err)
}

// What says where to connect and as whom counts even where it is what ssh says of the host "localhost".
func TestDestinationIsNeverADefault(t *testing.T) {
	f := &fakeSSH{defaults: "user u\nhostname localhost\nport 22\n", answer: "user u\nhostname localhost\nport 22\n"}
	h, err := f.resolve(t, node(""), Flags{})
	require.NoError(t, err)
	require.Equal(t, "localhost:22", h.Addr())
	require.Equal(t, "u", h.User)

	jump := &fakeSSH{defaults: f.defaults, answer: f.answer}
	h, err = jump.resolve(t, endpoint.Endpoint{Remote: true, Host: "far"}, Flags{Jump: "node"})
	require.NoError(t, err)
	require.Equal(t, "localhost", h.Jump.HostName)
}

// The local user may be known to ssh alone.
func TestUserFromSSH(t *testing.T) {
	f := &fakeSSH{defaults: "user u\n", answer: "user u\n"}
	env := testEnv(nil)
	env.SSH, env.User = f.run, ""
	h, _, err := Resolve(t.Context(), node(""), Flags{}, env)
	require.NoError(t, err)
	require.Equal(t, "u", h.User)
}

// A file that sets a keyword to ssh's own default sets it, where ours is another.
func TestRestatedDefaults(t *testing.T) {
	defaults := "serveraliveinterval 0\nciphers aes256-ctr,aes128-ctr\nidentityfile ~/.ssh/id_rsa\n"
	for config, want := range map[string]string{
		"ServerAliveInterval 0":                     "0s aes128-gcm@openssh.com false",
		"Host node\n Ciphers aes256-ctr,aes128-ctr": "15s aes256-ctr false",
		"Host other\n ServerAliveInterval 0":        "15s aes128-gcm@openssh.com false",
		"IdentityFile ~/.ssh/id_rsa":                "15s aes128-gcm@openssh.com true",
		"":                                          "15s aes128-gcm@openssh.com false",
		"Match exec true\n ServerAliveInterval 0\nNo Such Keyword\n": "15s aes128-gcm@openssh.com false",
	} {
		f := &fakeSSH{defaults: defaults, answer: defaults}
		env := testEnv(map[string]string{"/home/u/.ssh/config": config})
		env.SSH = f.run
		h, _, err := Resolve(t.Context(), node(""), Flags{}, env)
		require.NoError(t, err)
		require.Equal(t, want, describeDefaults(h), config)
	}
}

func describeDefaults(h *Host) string {
	return fmt.Sprint(h.ServerAliveInterval, " ", h.Ciphers[0], " ", h.IdentityFilesSet)
}

func TestUnknownOptionWithoutValue(t *testing.T) {
	for _, option := range []string{"NoSuchThing", "NoSuchThing=", "NoSuchThing \"x"} {
		h, warnings, err := Resolve(t.Context(), node(""), Flags{Options: []string{option}}, testEnv(nil))
		require.NoError(t, err, option)
		require.Equal(t, "node", h.HostName)
		require.Equal(t, []Warning{{"-o", "NoSuchThing", "unknown, ignored", false}}, warnings)
	}
	for _, option := range []string{"Port", "Port=", "ForwardAgent", "", "#"} {
		_, _, err := Resolve(t.Context(), node(""), Flags{Options: []string{option}}, testEnv(nil))
		require.ErrorAs(t, err, new(*UsageError), option)
	}
}
