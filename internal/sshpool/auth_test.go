package sshpool

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"mscp/internal/sshdtest"
)

// encode writes a key in a format that users have. passphrase is empty, or encrypts.
func encode(t *testing.T, key crypto.Signer, format, passphrase string) []byte {
	t.Helper()
	if format == "openssh" {
		block, err := ssh.MarshalPrivateKey(key, "")
		if passphrase != "" {
			block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
		}
		require.NoError(t, err)
		return pem.EncodeToMemory(block)
	}
	block := &pem.Block{}
	var err error
	switch format {
	case "pkcs1":
		block.Type, block.Bytes = "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey))
	case "sec1":
		block.Type = "EC PRIVATE KEY"
		block.Bytes, err = x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	case "pkcs8":
		block.Type = "PRIVATE KEY"
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(key)
	}
	require.NoError(t, err)
	if passphrase != "" {
		//lint:ignore SA1019 users have such files
		block, err = x509.EncryptPEMBlock(rand.Reader, block.Type, block.Bytes, []byte(passphrase), x509.PEMCipherAES128)
		require.NoError(t, err)
	}
	return pem.EncodeToMemory(block)
}

// keyFile writes a new key, lets it in, and returns its file.
func keyFile(t *testing.T, s *sshdtest.Server, typ, format, passphrase string) (string, ssh.PublicKey) {
	t.Helper()
	key := sshdtest.Generate(t, typ)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, encode(t, key, format, passphrase), 0o600))
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	s.Authorize(t, signer.PublicKey())
	return file, signer.PublicKey()
}

func TestKeysOfAllTypesAndFormats(t *testing.T) {
	s := sshdtest.Start(t)
	for _, c := range []struct{ typ, format, passphrase string }{
		{"ed25519", "openssh", ""}, {"ed25519", "openssh", "secret"}, {"ed25519", "pkcs8", ""},
		{"ecdsa", "openssh", ""}, {"ecdsa", "sec1", ""}, {"ecdsa", "sec1", "secret"}, {"ecdsa384", "pkcs8", ""},
		{"ecdsa521", "openssh", ""},
		{"rsa", "openssh", ""}, {"rsa", "pkcs1", ""}, {"rsa", "pkcs1", "secret"}, {"rsa", "pkcs8", ""},
	} {
		t.Run(c.typ+" "+c.format+" "+c.passphrase, func(t *testing.T) {
			file, _ := keyFile(t, s, c.typ, c.format, c.passphrase)
			h := resolve(t, s)
			h.IdentityFiles = []string{file}
			ask := &script{t: t}
			if c.passphrase != "" {
				ask.answers = []string{"wrong", "secret"}
			}
			p := newPool(t, Options{Host: h, Prompter: ask, Connections: 2})
			channels, errs := openAll(within(t), p, 2)
			require.Empty(t, errs)
			require.Len(t, channels, 2)
			require.Empty(t, ask.answers, "every answer was wanted")
			question := "Enter passphrase for key '" + file + "': "
			if c.passphrase != "" {
				require.Equal(t, []string{question, "Wrong passphrase, please try again.\n" + question}, ask.questions())
			}
		})
	}
}

// One wrong passphrase in 256 leaves valid padding and garbage before it: it is wrong all the same.
func TestWrongPassphraseWithValidPadding(t *testing.T) {
	key := sshdtest.Generate(t, "ecdsa")
	for {
		text := encode(t, key, "sec1", "secret")
		block, _ := pem.Decode(text)
		//lint:ignore SA1019 users have such files
		if _, err := x509.DecryptPEMBlock(block, []byte("wrong")); err != nil {
			continue
		}
		id := &identity{name: "key", pem: text}
		require.ErrorIs(t, id.try("wrong"), errPassphrase)
		require.NoError(t, id.try("secret"))
		return
	}
}

// RSA keys sign with SHA-2 only.
func TestRSASignature(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("PubkeyAcceptedAlgorithms rsa-sha2-256"))
	h := resolve(t, s, "PubkeyAcceptedAlgorithms=rsa-sha2-256")
	file, _ := keyFile(t, s, "rsa", "openssh", "")
	h.IdentityFiles = []string{file}
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)

	s = sshdtest.Start(t, sshdtest.WithConfig("PubkeyAcceptedAlgorithms ssh-rsa"))
	file, _ = keyFile(t, s, "rsa", "openssh", "")
	h = resolve(t, s)
	h.IdentityFiles = []string{file}
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
}

func TestPassphraseFromEnvironment(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	file, _ := keyFile(t, s, "ecdsa", "sec1", "secret")
	h.IdentityFiles = []string{file}
	_, err := newPool(t, Options{Host: h, Passphrase: "secret", Prompter: &script{t: t}}).Open(within(t))
	require.NoError(t, err)

	_, err = newPool(t, Options{Host: h, Passphrase: "wrong"}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.True(t, auth.NoTerminal)
}

// A passphrase is wanted only for a key that the server would take.
func TestPassphraseIsAskedForLate(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	locked := filepath.Join(t.TempDir(), "locked")
	require.NoError(t, os.WriteFile(locked, encode(t, sshdtest.Generate(t, "ed25519"), "openssh", "secret"), 0o600))
	h.IdentityFiles = []string{locked, s.ClientKey}
	_, err := newPool(t, Options{Host: h, Prompter: &script{t: t}}).Open(within(t))
	require.NoError(t, err)

	// A PEM file hides its public half; the .pub file beside it shows it.
	key := sshdtest.Generate(t, "ecdsa")
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(locked, encode(t, key, "sec1", "secret"), 0o600))
	require.NoError(t, os.WriteFile(locked+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))
	_, err = newPool(t, Options{Host: h, Prompter: &script{t: t}}).Open(within(t))
	require.NoError(t, err)
}

func TestWrongKeyStopsAllDialling(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	wrong := filepath.Join(t.TempDir(), "wrong")
	sshdtest.NewKey(t, wrong, "ed25519")
	h.IdentityFiles = []string{wrong}
	p := newPool(t, Options{Host: h, Connections: 8})
	_, errs := openAll(within(t), p, 8)
	require.Len(t, errs, 8)
	for _, err := range errs {
		var auth *AuthError
		require.ErrorAs(t, err, &auth)
		require.Equal(t, []string{"publickey " + wrong}, auth.Tried)
		require.Equal(t, []string{"publickey"}, auth.Offered)
	}
	require.Equal(t, 1, strings.Count(s.Log(), "Connection from"), s.Log())
}

// With the key that worked known, the other connections cost no failed attempt.
func TestTheKeyThatWorkedGoesFirst(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxAuthTries 3"))
	h := resolve(t, s)
	other := filepath.Join(t.TempDir(), "other")
	pub := sshdtest.NewKey(t, other, "ed25519")
	h.IdentityFiles = []string{other, s.ClientKey}
	p := newPool(t, Options{Host: h, Connections: 4})
	_, errs := openAll(within(t), p, 4)
	require.Empty(t, errs)
	require.Equal(t, 1, strings.Count(s.Log(), "Failed publickey"), "of %s: %s", ssh.FingerprintSHA256(pub), s.Log())
}

func TestTooManyKeys(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxAuthTries 2"))
	h := resolve(t, s)
	h.IdentityFiles = nil
	for _, name := range []string{"a", "b", "c", "d"} {
		file := filepath.Join(t.TempDir(), name)
		sshdtest.NewKey(t, file, "ed25519")
		h.IdentityFiles = append(h.IdentityFiles, file)
	}
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	var auth *AuthError
	require.ErrorAs(t, err, &auth)
	require.NotEmpty(t, auth.Tried)
	require.Error(t, auth.Err)
}

// serveAgent runs an agent with the keys on a Unix socket.
func serveAgent(t *testing.T, keys ...crypto.Signer) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		require.NoError(t, ring.Add(agent.AddedKey{PrivateKey: k}))
	}
	dir, err := os.MkdirTemp("", "agent")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); _ = c.Close() }()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestAgent(t *testing.T) {
	s := sshdtest.Start(t)
	for _, typ := range []string{"ed25519", "ecdsa", "rsa"} {
		key := sshdtest.Generate(t, typ)
		signer, err := ssh.NewSignerFromKey(key)
		require.NoError(t, err)
		s.Authorize(t, signer.PublicKey())
		h := resolve(t, s)
		h.IdentityFiles, h.IdentityFilesSet = nil, false
		h.AgentSocket = serveAgent(t, key)
		p := newPool(t, Options{Host: h, Connections: 3})
		_, errs := openAll(within(t), p, 3)
		require.Empty(t, errs, typ)
	}
}

// A full agent does not exhaust MaxAuthTries where the user says which key it is to be, even if only by its public half.
func TestIdentitiesOnly(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.WithConfig("MaxAuthTries 2"))
	var keys []crypto.Signer
	for range 5 {
		keys = append(keys, sshdtest.Generate(t, "ed25519"))
	}
	signer, err := ssh.NewSignerFromKey(keys[4])
	require.NoError(t, err)
	s.Authorize(t, signer.PublicKey())
	file := filepath.Join(t.TempDir(), "id")
	require.NoError(t, os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))

	h := resolve(t, s, "IdentitiesOnly=yes")
	h.AgentSocket = serveAgent(t, keys...)
	h.IdentityFiles = []string{file}
	_, err = newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err, s.Log())
}

func TestDeadAgentIsPassedOver(t *testing.T) {
	s := sshdtest.Start(t)
	h := resolve(t, s)
	h.AgentSocket = filepath.Join(t.TempDir(), "nothing")
	_, err := newPool(t, Options{Host: h}).Open(within(t))
	require.NoError(t, err)
}
