package sshdtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// NewKey writes a new private key in OpenSSH's format to file (mode 0600) and returns its public half.
// Types: "ed25519", "ecdsa" (P-256), "ecdsa384", "ecdsa521", "rsa" (2048 bits).
func NewKey(t testing.TB, file, typ string) ssh.PublicKey {
	t.Helper()
	key := Generate(t, typ)
	block, err := ssh.MarshalPrivateKey(key, "mscp test")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return signer.PublicKey()
}

// Generate returns a new private key of a type that NewKey knows.
func Generate(t testing.TB, typ string) crypto.Signer {
	t.Helper()
	key, err := generate(typ)
	require.NoError(t, err)
	return key
}

func generate(typ string) (crypto.Signer, error) {
	switch typ {
	case "ed25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case "ecdsa":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ecdsa384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ecdsa521":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "rsa":
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("sshdtest: no key type %q", typ)
}

func (s *Server) makeHostKeys(t testing.TB, types []string) (files []string) {
	for i, typ := range types {
		file := filepath.Join(s.Dir, "host_"+typ)
		pub := NewKey(t, file, typ)
		require.NoError(t, os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(pub), 0o644))
		if i == 0 {
			s.HostKey = pub
		}
		files = append(files, file)
	}
	return files
}

func (s *Server) writeKnownHosts(t testing.TB, hostKeys []string) {
	s.KnownHosts = filepath.Join(s.Dir, "known_hosts")
	var text string
	for _, file := range hostKeys {
		b, err := os.ReadFile(file + ".pub")
		require.NoError(t, err)
		pub, _, _, _, err := ssh.ParseAuthorizedKey(b)
		require.NoError(t, err)
		text += knownhosts.Line([]string{s.Addr}, pub) + "\n"
	}
	require.NoError(t, os.WriteFile(s.KnownHosts, []byte(text), 0o644))
}
