package sshpool

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"mscp/internal/sshdtest"
)

// authority is a certificate authority in files, as ssh-keygen uses it.
type authority struct {
	t    *testing.T
	file string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t, filepath.Join(t.TempDir(), "ca")}
	pub := sshdtest.NewKey(t, a.file, "ecdsa")
	require.NoError(t, os.WriteFile(a.file+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
	return a
}

// user makes a key and certificate for a user: FILE and FILE-cert.pub.
func (a *authority) user(typ, name string) (file string) {
	a.t.Helper()
	file = filepath.Join(a.t.TempDir(), "id_"+typ)
	pub := sshdtest.NewKey(a.t, file, typ)
	require.NoError(a.t, os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
	out, err := exec.Command("ssh-keygen", "-q", "-s", a.file, "-I", "test", "-n", name, file+".pub").CombinedOutput()
	require.NoError(a.t, err, "%s", out)
	return file
}

// server lets in nobody but who has a certificate.
func (a *authority) server(options ...string) *sshdtest.Server {
	return sshdtest.Start(a.t, sshdtest.WithConfig(append(options, "TrustedUserCAKeys "+a.file+".pub", "AuthorizedKeysFile none")...))
}

func TestUserCertificateBesideTheKey(t *testing.T) {
	a := newAuthority(t)
	s := a.server()
	for _, typ := range []string{"ed25519", "ecdsa", "rsa"} {
		h := resolve(t, s)
		h.IdentityFiles = []string{a.user(typ, s.User)}
		p := newPool(t, Options{Host: h, Connections: 3})
		channels, errs := openAll(within(t), p, 3)
		require.Empty(t, errs, s.Log())
		exercise(t, channels[0])
	}
	require.Equal(t, 9, strings.Count(s.Log(), "Accepted publickey"))
	require.Equal(t, 3, strings.Count(s.Log(), "Failed publickey"), "the plain key, once for each pool: "+s.Log())
}

// The certificate of CertificateFile goes first, whoever holds its key.
func TestCertificateFile(t *testing.T) {
	a := newAuthority(t)
	s := a.server("MaxAuthTries 1")
	file := a.user("ed25519", s.User)
	cert := filepath.Join(t.TempDir(), "elsewhere.pub")
	require.NoError(t, os.Rename(file+"-cert.pub", cert))

	h := resolve(t, s)
	h.IdentityFiles, h.CertificateFiles = []string{file}, []string{cert}
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	key, err := ssh.ParseRawPrivateKey(text)
	require.NoError(t, err)
	h.IdentityFiles, h.IdentitiesOnly = nil, true
	h.AgentSocket = serveAgent(t, sshdtest.Generate(t, "ed25519"), *key.(*ed25519.PrivateKey))
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())
}

func TestCertificateOfAnotherKeyOrKind(t *testing.T) {
	a := newAuthority(t)
	s := a.server()
	file, other := a.user("ed25519", s.User), a.user("ed25519", s.User)
	require.NoError(t, os.Rename(other+"-cert.pub", file+"-cert.pub"))
	h := resolve(t, s)
	h.IdentityFiles, h.CertificateFiles = []string{file}, []string{file + ".pub", filepath.Join(t.TempDir(), "missing")}
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	problems := strings.Join(auth.Problems, "\n")
	require.Contains(t, problems, file+"-cert.pub: belongs to another key")
	require.Contains(t, problems, file+".pub: not a certificate")
	require.Contains(t, problems, "missing is not used: no such file")
}

// PubkeyAcceptedAlgorithms names algorithms of certificates apart from those of plain keys.
func TestCertificatesNotAccepted(t *testing.T) {
	a := newAuthority(t)
	s := a.server()
	for _, list := range []string{"-*cert*", "ssh-ed25519"} {
		h := resolve(t, s, "PubkeyAcceptedAlgorithms="+list)
		h.IdentityFiles = []string{a.user("ed25519", s.User)}
		_, err := newPool(t, Options{Host: h}).Open(within(t))
		var auth *AuthError
		require.ErrorAs(t, err, &auth)
		require.Contains(t, strings.Join(auth.Problems, "\n"), "-cert.pub: its algorithm is not accepted")
	}
	h := resolve(t, s, "PubkeyAcceptedAlgorithms=rsa-sha2-512-cert-v01@openssh.com")
	h.IdentityFiles = []string{a.user("rsa", s.User)}
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())
}

// A host certificate of an authority that we do not know is as good as the key in it.
func TestHostCertificateOfUnknownAuthority(t *testing.T) {
	key := filepath.Join(t.TempDir(), "host")
	pub := sshdtest.NewKey(t, key, "ed25519")
	require.NoError(t, os.WriteFile(key+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
	hostCertificate(t, key, "127.0.0.1", "127.0.0.1:22")
	s := sshdtest.Start(t, sshdtest.WithConfig("HostKey "+key, "HostCertificate "+key+"-cert.pub"))
	mine := "@cert-authority " + line(s.Addr, newPublic(t, "ecdsa"))

	h := resolve(t, s)
	known(t, h, mine, line(s.Addr, pub))
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)

	h = resolve(t, s)
	known(t, h, mine)
	ask := &script{t: t, answers: []string{"no"}}
	_, err = newPool(t, Options{Host: h, Prompter: ask}).Open(within(t))
	var hostKey *HostKeyError
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Unknown, hostKey.Kind, "an authority's key is not one that the host has lost")
	require.Contains(t, ask.questions()[0], ssh.FingerprintSHA256(pub))
}

func TestRevokedHostKeysFile(t *testing.T) {
	s := sshdtest.Start(t)
	file := filepath.Join(t.TempDir(), "revoked")
	try := func(text string) error {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		h := resolve(t, s, "RevokedHostKeys="+file)
		_, err := newPool(t, Options{Host: h}).Open(within(t))
		return err
	}
	require.NoError(t, try("# none of ours\n"+string(ssh.MarshalAuthorizedKey(newPublic(t, "ed25519")))))
	var hostKey *HostKeyError
	require.ErrorAs(t, try("# ours\n"+string(ssh.MarshalAuthorizedKey(s.HostKey))), &hostKey)
	require.Equal(t, Revoked, hostKey.Kind)
	require.Equal(t, []any{file, 2}, []any{hostKey.File, hostKey.Line})
	require.ErrorAs(t, try("SSHKRL\n\x00\x00"), &hostKey)
	require.Equal(t, Unreadable, hostKey.Kind)
	require.NoError(t, os.Remove(file))
	_, err := newPool(t, Options{Host: resolve(t, s, "RevokedHostKeys="+file)}).Open(within(t))
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Unreadable, hostKey.Kind)
}

// An authority's certificate that has run out, or is a user's, is not one of the host.
func TestHostCertificateRunOut(t *testing.T) {
	key := filepath.Join(t.TempDir(), "host")
	pub := sshdtest.NewKey(t, key, "ed25519")
	ca, err := ssh.NewSignerFromKey(sshdtest.Generate(t, "ed25519"))
	require.NoError(t, err)
	cert := &ssh.Certificate{Key: pub, CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: 1}
	require.NoError(t, cert.SignCert(rand.Reader, ca))
	require.NoError(t, os.WriteFile(key+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
	require.NoError(t, os.WriteFile(key+"-cert.pub", ssh.MarshalAuthorizedKey(cert), 0o644))
	s := sshdtest.Start(t, sshdtest.WithConfig("HostKey "+key, "HostCertificate "+key+"-cert.pub"))
	h := resolve(t, s)
	known(t, h, "@cert-authority "+line(s.Addr, ca.PublicKey()), line(s.Addr, pub))
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	var hostKey *HostKeyError
	require.ErrorAs(t, err, &hostKey)
	require.Equal(t, Certificate, hostKey.Kind)
}
