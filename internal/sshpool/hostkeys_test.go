package sshpool

import (
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"mscp/internal/sshconf"
	"mscp/internal/sshdtest"
)

// known writes a known_hosts file for a test and makes h use it alone.
func known(t *testing.T, h *sshconf.Host, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	h.UserKnownHostsFiles = []string{file}
	return file
}

func line(addr string, key ssh.PublicKey) string { return xknownhosts.Line([]string{addr}, key) }

func newPublic(t *testing.T, typ string) ssh.PublicKey {
	t.Helper()
	s, err := ssh.NewSignerFromKey(sshdtest.Generate(t, typ))
	require.NoError(t, err)
	return s.PublicKey()
}

func TestUnknownHostIsRefusedWithoutTerminal(t *testing.T) {
	s := sshdtest.Start(t)
	for _, options := range [][]string{nil, {"StrictHostKeyChecking=yes"}, {"BatchMode=yes"}} {
		h := resolve(t, s, options...)
		file := known(t, h)
		o := Options{Host: h, Connections: 4}
		if len(options) > 0 { // somebody is there, and must not be asked
			o.Prompter = &script{t: t}
		}
		_, errs := openAll(within(t), newPool(t, o), 4)
		require.Len(t, errs, 4)
		for _, err := range errs {
			var hostKey *HostKeyError
			require.ErrorAs(t, err, &hostKey)
			require.Equal(t, Unknown, hostKey.Kind)
			require.Equal(t, ssh.FingerprintSHA256(s.HostKey), hostKey.Fingerprint)
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, text)
	}
	require.Equal(t, 3, strings.Count(s.Log(), "Connection from"), "the first refusal ends all dialling")
}

func TestUnknownHostIsAskedForOnce(t *testing.T) {
	s := sshdtest.Start(t)
	for _, answers := range [][]string{{"yes"}, {"perhaps", "YES"}, {ssh.FingerprintSHA256(s.HostKey)}} {
		h := resolve(t, s)
		file := known(t, h, "# no newline at the end")
		ask := &script{t: t, answers: answers}
		p := newPool(t, Options{Host: h, Connections: 4, Prompter: ask})
		_, errs := openAll(within(t), p, 4)
		require.Empty(t, errs)
		require.Len(t, ask.questions(), len(answers))
		require.Contains(t, ask.questions()[0], ssh.FingerprintSHA256(s.HostKey))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, "# no newline at the end\n"+line(s.Addr, s.HostKey)+"\n", string(text))

		_, err = newPool(t, Options{Host: h, Prompter: ask}).Open(within(t))
		require.NoError(t, err, "known from now on")
	}
}

func TestUnknownHostDeclined(t *testing.T) {
	s := sshdtest.Start(t)
	for _, no := range []string{"no", "SHA256:AAAA"} {
		h := resolve(t, s)
		file := known(t, h)
		_, err := newPool(t, Options{Host: h, Prompter: &script{t: t, answers: []string{no, "no"}}}).Open(within(t))
		var hostKey *HostKeyError
		require.ErrorAs(t, err, &hostKey)
		require.True(t, hostKey.Refused)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, text)
	}
}

func TestAcceptNew(t *testing.T) {
	s := sshdtest.Start(t)
	for _, mode := range []string{"accept-new", "no"} {
		h := resolve(t, s, "StrictHostKeyChecking="+mode, "HashKnownHosts=yes")
		file := filepath.Join(t.TempDir(), "made", "known_hosts")
		h.UserKnownHostsFiles = []string{file}
		_, errs := openAll(within(t), newPool(t, Options{Host: h, Connections: 3}), 3)
		require.Empty(t, errs)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(text), "\n"))
		require.True(t, strings.HasPrefix(string(text), "|1|"), "hashed: %s", text)
		h.StrictHostKeyChecking = sshconf.Yes
		_, err = newPool(t, Options{Host: h}).Open(within(t))
		require.NoError(t, err)
	}
}

func TestChangedHostKey(t *testing.T) {
	s := sshdtest.Start(t)
	for _, mode := range []string{"ask", "no"} { // at any strictness
		h := resolve(t, s, "StrictHostKeyChecking="+mode)
		file := known(t, h, "# comment", line(s.Addr, newPublic(t, "ed25519")))
		_, err := newPool(t, Options{Host: h, Prompter: &script{t: t}}).Open(within(t))
		var hostKey *HostKeyError
		require.ErrorAs(t, err, &hostKey)
		require.Equal(t, Changed, hostKey.Kind)
		require.Equal(t, file, hostKey.File)
		require.Equal(t, 2, hostKey.Line)
	}
}

func TestRevokedHostKey(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	file := known(t, h, line(s.Addr, s.HostKey), "@revoked * "+strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.HostKey))))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var hostKey *HostKeyError
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Revoked, hostKey.Kind)
	require.Equal(t, file, hostKey.File)
	require.Equal(t, 2, hostKey.Line)
}

// The server has three keys; the one that known_hosts holds is asked for.
func TestAlgorithmOfTheKnownKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithHostKeys("ed25519", "ecdsa", "rsa"))
	all, err := os.ReadFile(s.KnownHosts)
	require.NoError(t, err)
	for _, l := range strings.Split(strings.TrimSpace(string(all)), "\n") {
		h := resolve(t, s)
		known(t, h, l)
		_, err := newPool(t, Options{Host: h}).Open(within(t))
		require.NoError(t, err, l)
	}
}

// A line of a kind that this program does not know costs that line, not the file.
func TestUnreadableLinesArePassedOver(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	known(t, h, "host ssh-tomorrow AAAAB3Nza", "garbage", "", line(s.Addr, s.HostKey))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)
}

func TestHostKeyAlias(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s, "HostKeyAlias=cluster")
	known(t, h, line("cluster:22", s.HostKey))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)
}

// hostCertificate signs the server's key for name and returns the authority's line for known_hosts.
func hostCertificate(t *testing.T, keyFile, name, addr string) string {
	t.Helper()
	authority, err := ssh.NewSignerFromKey(sshdtest.Generate(t, "ecdsa")) // another type than the host's key
	require.NoError(t, err)
	pub := publicHalf(keyFile + ".pub")
	require.NotNil(t, pub)
	cert := &ssh.Certificate{Key: pub, CertType: ssh.HostCert, ValidPrincipals: []string{name}, ValidBefore: ssh.CertTimeInfinity}
	require.NoError(t, cert.SignCert(rand.Reader, authority))
	require.NoError(t, os.WriteFile(keyFile+"-cert.pub", ssh.MarshalAuthorizedKey(cert), 0o644))
	return "@cert-authority " + line(addr, authority.PublicKey())
}

func TestHostCertificate(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "host")
	pub := sshdtest.NewKey(t, key, "ed25519")
	require.NoError(t, os.WriteFile(key+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
	ca := hostCertificate(t, key, "127.0.0.1", "127.0.0.1:22")
	s := sshdtest.Start(t, sshdtest.WithConfig("HostKey "+key, "HostCertificate "+key+"-cert.pub"))

	h := resolve(t, s)
	known(t, h, strings.Replace(ca, "127.0.0.1", "["+s.Host+"]:"+strings.Split(s.Addr, ":")[1], 1))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())

	known(t, h, line(s.Addr, pub)) // no authority: the plain key counts
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())

	ca = hostCertificate(t, key, "elsewhere", "127.0.0.1:22")
	s = sshdtest.Start(t, sshdtest.WithConfig("HostKey "+key, "HostCertificate "+key+"-cert.pub"))
	h = resolve(t, s)
	known(t, h, strings.Replace(ca, "127.0.0.1", "["+s.Host+"]:"+strings.Split(s.Addr, ":")[1], 1))
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	var hostKey *HostKeyError
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Certificate, hostKey.Kind)
}

// An impostor learns nothing: it sees no message after the key exchange, not even the request for authentication with the
// user's name in it.
func TestNoCredentialBeforeTheHostKey(t *testing.T) {
	impostor := newImpostor(t)
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.HostName, h.Port = "127.0.0.1", impostor.port()
	known(t, h, line(h.Addr(), s.HostKey))
	_, err := newPool(t, Options{Host: h, Password: "secret"}).Open(within(t))
	var hostKey *HostKeyError
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Changed, hostKey.Kind)
	require.Empty(t, impostor.saw(), "attempts to authenticate")

	// The same server, trusted: the test can tell the difference.
	known(t, h, line(h.Addr(), impostor.key.PublicKey()))
	_, err = newPool(t, Options{Host: h, Password: "secret"}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.Contains(t, impostor.saw(), "password secret")
}

// impostor is a server with a key of its own that writes down every attempt to authenticate.
type impostor struct {
	key  ssh.Signer
	l    net.Listener
	seen chan string
	done chan struct{}
	all  []string
}

func newImpostor(t *testing.T) *impostor {
	key, err := ssh.NewSignerFromKey(sshdtest.Generate(t, "ed25519"))
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	i := &impostor{key: key, l: l, seen: make(chan string, 100), done: make(chan struct{})}
	config := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			i.seen <- "password " + string(password)
			return nil, io.EOF
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			i.seen <- "key " + ssh.FingerprintSHA256(key)
			return nil, io.EOF
		},
		AuthLogCallback: func(c ssh.ConnMetadata, method string, _ error) { i.seen <- method + " " + c.User() },
	}
	config.AddHostKey(key)
	go func() {
		defer close(i.done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _, _, err = ssh.NewServerConn(c, config)
			if err == nil {
				i.seen <- "logged in"
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-i.done })
	return i
}

func (i *impostor) port() int { return i.l.Addr().(*net.TCPAddr).Port }

func (i *impostor) saw() []string {
	for {
		select {
		case s := <-i.seen:
			i.all = append(i.all, s)
		default:
			return i.all
		}
	}
}
