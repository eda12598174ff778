package sshconf

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"mscp/internal/endpoint"
)

// testEnv is a world of a few files.
func testEnv(files map[string]string) Env {
	return Env{
		Home: "/home/u", User: "u", UID: "1000", LocalHost: "here.example.org", System: "/etc/ssh/ssh_config", AES: true,
		Getenv: func(name string) string { return map[string]string{"SSH_AUTH_SOCK": "/run/agent", "DIR": "/dir"}[name] },
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Glob: func(pattern string) (found []string, err error) {
			for name := range files {
				if matchPattern(pattern, name) {
					found = append(found, name)
				}
			}
			slices.Sort(found)
			return found, nil
		},
	}
}

func node(user string) endpoint.Endpoint {
	return endpoint.Endpoint{Remote: true, User: user, Host: "node"}
}

func mustResolve(t testing.TB, config string, e endpoint.Endpoint, f Flags) *Host {
	t.Helper()
	h, _, err := Resolve(t.Context(), e, f, testEnv(map[string]string{"/home/u/.ssh/config": config}))
	require.NoError(t, err)
	return h
}

func TestDefaults(t *testing.T) {
	h := mustResolve(t, "", node(""), Flags{})
	require.Equal(t, "node", h.Alias)
	require.Equal(t, "node:22", h.Addr())
	require.Equal(t, "node:22", h.KnownHostsAddr())
	require.Equal(t, "u", h.User)
	require.Equal(t, "/run/agent", h.AgentSocket)
	require.Equal(t, []string{"/home/u/.ssh/known_hosts", "/home/u/.ssh/known_hosts2"}, h.UserKnownHostsFiles)
	require.Equal(t, []string{"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"}, h.GlobalKnownHostsFiles)
	require.Contains(t, h.IdentityFiles, "/home/u/.ssh/id_ed25519")
	require.False(t, h.IdentityFilesSet)
	require.Equal(t, []string{"publickey", "keyboard-interactive", "password"}, h.Authentications)
	require.Equal(t, Ask, h.StrictHostKeyChecking)
	require.Equal(t, 3, h.NumberOfPasswordPrompts)
	require.Equal(t, 15*time.Second, h.ServerAliveInterval)
	require.True(t, h.TCPKeepAlive)
	require.Equal(t, "tcp", h.Family.Network())
}

func TestOrderOfStrength(t *testing.T) {
	config := "User file\nPort 3\nCiphers aes256-ctr\nAddressFamily inet6\nIdentityFile ~/f\n"
	h := mustResolve(t, config, node(""), Flags{})
	require.Equal(t, []any{"file", 3, []string{"aes256-ctr"}, IPv6}, []any{h.User, h.Port, h.Ciphers, h.Family})

	options := []string{"User=option", "Port 4", "Ciphers = aes192-ctr", `IdentityFile="~/o p"`}
	h = mustResolve(t, config, node(""), Flags{Options: options})
	require.Equal(t, []any{"option", 4, []string{"aes192-ctr"}}, []any{h.User, h.Port, h.Ciphers})

	h = mustResolve(t, config, node("argument"), Flags{Options: options})
	require.Equal(t, "argument", h.User)

	h = mustResolve(t, config, node("argument"), Flags{
		Options: options, Login: "flag", Port: 5, Ciphers: "aes128-ctr", Family: IPv4, Identities: []string{"i", "j"},
	})
	require.Equal(t, []any{"flag", 5, []string{"aes128-ctr"}, IPv4}, []any{h.User, h.Port, h.Ciphers, h.Family})
	require.Equal(t, []string{"i", "j", "/home/u/o p", "/home/u/f"}, h.IdentityFiles, "IdentityFile adds up")
	require.True(t, h.IdentityFilesSet)
}

func TestFiles(t *testing.T) {
	files := map[string]string{
		"/home/u/.ssh/config":  "Host node\r\n  HostName %h.example.org\r\n  User user\r\nHost *\r\n  User other\r\n",
		"/etc/ssh/ssh_config":  "User system\nPort 7\n",
		"/special":             "Host node\nPort 8\n",
		"/broken":              "Match exec true\nPort 9\n",
		"/home/u/.ssh/unknown": "",
	}
	resolve := func(file string) (*Host, error) {
		h, _, err := Resolve(t.Context(), node(""), Flags{ConfigFile: file}, testEnv(files))
		return h, err
	}
	h, err := resolve("")
	require.NoError(t, err)
	require.Equal(t, []any{"node.example.org:7", "user"}, []any{h.Addr(), h.User})
	h, err = resolve("/special")
	require.NoError(t, err)
	require.Equal(t, []any{"node:8", "u"}, []any{h.Addr(), h.User}, "with -F the system's file is not read")
	h, err = resolve("none")
	require.NoError(t, err)
	require.Equal(t, []any{"node:22", "u"}, []any{h.Addr(), h.User})

	var file *FileError
	_, err = resolve("/missing")
	require.ErrorAs(t, err, &file)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = resolve("/broken")
	require.ErrorAs(t, err, &file)
	require.Equal(t, "/broken", file.File)
}

func TestTokensAndPaths(t *testing.T) {
	h := mustResolve(t, "HostName n.example.org\nPort 44\nUser r\nIdentityFile ~/%d/%h/%i/%L/%l/%n/%p/%r/%u/%%\n"+
		"IdentityFile ${DIR}/k\nIdentityFile none\nUserKnownHostsFile \"~/a b\" ~/c\nGlobalKnownHostsFile none\n"+
		"IdentityAgent ~/agent.%r\nHostKeyAlias alias\n", node(""), Flags{})
	require.Equal(t, []string{
		"/home/u/home/u/n.example.org/1000/here/here.example.org/node/44/r/u/%", "/dir/k",
	}, h.IdentityFiles)
	require.Equal(t, []string{"/home/u/a b", "/home/u/c"}, h.UserKnownHostsFiles)
	require.Empty(t, h.GlobalKnownHostsFiles)
	require.Equal(t, "/home/u/agent.r", h.AgentSocket)
	require.Equal(t, "alias:22", h.KnownHostsAddr())
	require.Equal(t, "[alias]:44", mustResolve(t, "HostKeyAlias [alias]:44", node(""), Flags{}).KnownHostsAddr())
	require.Empty(t, mustResolve(t, "IdentityAgent none", node(""), Flags{}).AgentSocket)
	require.Equal(t, "/dir", mustResolve(t, "IdentityAgent $DIR", node(""), Flags{}).AgentSocket)
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		f       Flags
		keyword string
	}{
		{Flags{Options: []string{"Port=0"}}, "Port"},
		{Flags{Port: 70000}, "Port"},
		{Flags{Options: []string{"ServerAliveInterval=soon"}}, "ServerAliveInterval"},
		{Flags{Options: []string{"BatchMode=perhaps"}}, "BatchMode"},
		{Flags{Options: []string{"IdentityFile=%z"}}, "IdentityFile"},
		{Flags{Options: []string{"IdentityFile=x%"}}, "IdentityFile"},
		{Flags{Options: []string{"IdentityFile=${NOT_SET}"}}, "IdentityFile"},
		{Flags{Options: []string{"Port"}}, "option"},
		{Flags{Options: []string{"RekeyLimit=1T"}}, "RekeyLimit"},
		{Flags{Options: []string{"HostName=-oProxyCommand"}}, "HostName"},
		{Flags{Login: "-x"}, "User"},
		{Flags{Ciphers: "rot13"}, "Ciphers"},
		{Flags{Ciphers: "aes128-ctr,rot13"}, "Ciphers"},
		{Flags{Ciphers: ","}, "Ciphers"},
		{Flags{MACs: "crc32"}, "MACs"},
	} {
		_, _, err := Resolve(t.Context(), node(""), c.f, testEnv(nil))
		var usage *UsageError
		require.ErrorAs(t, err, &usage, "%+v", c.f)
		require.Equal(t, c.keyword, usage.Keyword)
		if c.keyword == "Ciphers" {
			require.Contains(t, usage.Known, ssh.CipherAES128GCM)
		}
	}
}

func TestUnsupportedIsNeverIgnored(t *testing.T) {
	_, _, err := Resolve(t.Context(), node(""), Flags{}, testEnv(map[string]string{"/home/u/.ssh/config": "ProxyUseFdpass yes\nProxyCommand nc %h %p"}))
	require.ErrorAs(t, err, new(*UnsupportedError))
	for _, criterion := range []string{"exec true", "localnetwork 10.0.0.0/8", "tagged x", "version 10*"} {
		_, _, err := Resolve(t.Context(), node(""), Flags{}, testEnv(map[string]string{"/home/u/.ssh/config": "Match " + criterion + "\nPort 9\n"}))
		require.ErrorAs(t, err, new(*FileError))
		require.ErrorContains(t, err, "/home/u/.ssh/config: line 1: match "+strings.Fields(criterion)[0])
	}
}

func TestWarnings(t *testing.T) {
	_, warnings, err := Resolve(t.Context(), node(""), Flags{Options: []string{"NoSuchThing=1", "ForwardAgent=yes", "Port=2"}}, testEnv(nil))
	require.NoError(t, err)
	require.Equal(t, []Warning{{"-o", "NoSuchThing", "unknown, ignored", false}, {"-o", "ForwardAgent", "has no effect here", false}}, warnings)
	config := map[string]string{"/home/u/.ssh/config": "AddKeysToAgent yes\nForwardAgent no\nForwardX11 yes\nNoSuchThing 1\n"}
	_, warnings, err = Resolve(t.Context(), node(""), Flags{}, testEnv(config))
	require.NoError(t, err)
	require.Equal(t, []Warning{{"/home/u/.ssh/config", "AddKeysToAgent", noEffect("AddKeysToAgent"), true}}, warnings)
}

func TestAlgorithmLists(t *testing.T) {
	gcmFirst, chachaFirst := cipherSet(true).defaults, cipherSet(false).defaults
	require.Equal(t, ssh.CipherAES128GCM, gcmFirst[0])
	require.Equal(t, ssh.CipherChaCha20Poly1305, chachaFirst[0])
	for list, want := range map[string][]string{
		"aes256-ctr,aes128-ctr": {"aes256-ctr", "aes128-ctr"},
		"+aes128-cbc":           append(slices.Clone(gcmFirst), "aes128-cbc"),
		"-aes*-ctr,*gcm*":       {ssh.CipherChaCha20Poly1305},
		"^aes256-ctr":           append([]string{"aes256-ctr"}, slices.DeleteFunc(slices.Clone(gcmFirst), func(s string) bool { return s == "aes256-ctr" })...),
		"*gcm*":                 {ssh.CipherAES128GCM, ssh.CipherAES256GCM},
	} {
		require.Equal(t, want, mustResolve(t, "", node(""), Flags{Ciphers: list}).Ciphers, list)
	}
	// A file is shared with ssh, which knows more.
	require.Equal(t, []string{"hmac-sha2-256"}, mustResolve(t, "MACs umac-64@openssh.com,hmac-sha2-256", node(""), Flags{}).MACs)
	_, _, err := Resolve(t.Context(), node(""), Flags{}, testEnv(map[string]string{"/home/u/.ssh/config": "MACs umac-64@openssh.com"}))
	require.Error(t, err, "nothing remains")
	require.NotContains(t, mustResolve(t, "", node(""), Flags{}).PubkeyAcceptedAlgorithms, ssh.KeyAlgoRSA)
}

func TestMethods(t *testing.T) {
	for config, want := range map[string][]string{
		"PreferredAuthentications password,gssapi-with-mic,publickey": {"password", "publickey"},
		"PasswordAuthentication no":                                   {"publickey", "keyboard-interactive"},
		"ChallengeResponseAuthentication no\nPubkeyAuthentication no": {"password"},
		"PubkeyAuthentication unbound":                                {"publickey", "keyboard-interactive", "password"},
	} {
		require.Equal(t, want, mustResolve(t, config, node(""), Flags{}).Authentications, config)
	}
}

func TestTimesAndSizes(t *testing.T) {
	for text, want := range map[string]time.Duration{"90": 90 * time.Second, "1m30s": 90 * time.Second, "2H": 2 * time.Hour, "none": 0, "1w": 168 * time.Hour} {
		require.Equal(t, want, mustResolve(t, "ConnectTimeout "+text, node(""), Flags{}).ConnectTimeout, text)
	}
	for text, want := range map[string]uint64{"1G": 1 << 30, "512m 1h": 512 << 20, "default none": 0, "100": 100} {
		require.Equal(t, want, mustResolve(t, "RekeyLimit "+text, node(""), Flags{}).RekeyLimit, text)
	}
}

// No time that is accepted is negative or beyond what OpenSSH has, whatever is typed.
func TestParseTimeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, ok := parseTime(rapid.StringMatching(`([0-9]{0,19}[smhdwx]?){0,4}`).Draw(t, "time"))
		if ok && (d < 0 || d >= 1<<31*time.Second) {
			t.Fatalf("%v", d)
		}
	})
}

// Any text of a user's file gives a Host or an error, never a crash.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"Host *\nPort 22", "IdentityFile \"", "Match all\nUser x", "Include /home/u/.ssh/*", "Match !host a,!b user x", "ProxyJump a@[::1]:2,b", "ProxyCommand x %h \"", "UserKnownHostsFile \"a b\" ${DIR}", "Ciphers +", "RekeyLimit  ", "ConnectTimeout 99999999999w"} {
		f.Add(seed, "Port=22")
	}
	f.Fuzz(func(t *testing.T, config, option string) {
		h, _, err := Resolve(t.Context(), node(""), Flags{Options: []string{option}}, testEnv(map[string]string{"/home/u/.ssh/config": config}))
		if err == nil && (h.HostName == "" || h.User == "" || h.Port < 1 || len(h.Ciphers) == 0) {
			t.Fatalf("%+v", h)
		}
	})
}

// What the system's ssh calls a keyword has a class here.
func TestEveryKeywordOfSSHIsKnown(t *testing.T) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		require.NotEmpty(t, honouredKeywords()) // no ssh to compare with
		return
	}
	out, err := exec.Command(ssh, "-G", "-F", "none", "node").Output()
	require.NoError(t, err)
	unknowns := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		keyword, _, _ := strings.Cut(l, " ")
		if class(keyword) == unknown {
			unknowns[keyword] = true
		}
	}
	// "host" is ssh's own word for the alias; Debian's patches add the others.
	require.Subset(t, []string{"host", "gssapikeyexchange", "gssapitrustdns", "gssapirenewalforcesrekey", "gssapikexalgorithms"},
		slices.Collect(maps.Keys(unknowns)))
}

// README.md says of each keyword that is honoured how far.
func TestReadmeNamesEveryKeyword(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(readme), "### Keywords of the ssh configuration")
	require.True(t, ok)
	for _, k := range slices.Concat(honouredKeywords(), notedKeywords()) {
		require.Contains(t, table, k)
	}
}
