package sshpool

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

// keygen makes a key with the system's ssh-keygen and returns its file and its public half.
func keygen(t *testing.T, args ...string) (string, ssh.PublicKey) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	out, err := exec.Command("ssh-keygen", append([]string{"-q", "-f", file}, args...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	pub := publicHalf(file + ".pub")
	require.NotNil(t, pub)
	require.NoError(t, os.Remove(file+".pub"))
	return file, pub
}

// Every cipher that ssh-keygen -Z takes, and the older formats.
func TestKeysOfSSHKeygen(t *testing.T) {
	var cases [][]string
	for name := range keyCiphers() {
		if name != "rijndael-cbc@lysator.liu.se" { // the old name of aes256-cbc
			cases = append(cases, []string{"-t", "ed25519", "-Z", name, "-a", "1"})
		}
	}
	cases = append(cases,
		[]string{"-t", "rsa", "-b", "2048", "-Z", "chacha20-poly1305@openssh.com", "-a", "2"}, []string{"-t", "ecdsa", "-m", "PKCS8"},
		[]string{"-t", "rsa", "-b", "2048", "-m", "PKCS8"}, []string{"-t", "ecdsa", "-m", "PEM"}, []string{"-t", "rsa", "-b", "2048", "-m", "PEM"})
	for _, args := range cases {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			file, pub := keygen(t, append(args, "-N", "pass phrase")...)
			id, err := loadIdentity(file)
			require.NoError(t, err)
			require.Nil(t, id.signer)
			if !slices.Contains(args, "-m") {
				require.True(t, sameKey(id.pub, pub), "the public half is in the clear")
			}
			require.ErrorIs(t, id.try("wrong"), errPassphrase)
			require.ErrorIs(t, id.try(""), errPassphrase)
			require.NoError(t, id.try("pass phrase"))
			require.True(t, sameKey(id.signer.PublicKey(), pub))
		})
	}
}

// openssl ecparam writes the curve in a block of its own before the key.
func TestKeyBehindOtherBlocks(t *testing.T) {
	for _, passphrase := range []string{"", "secret"} {
		file, pub := keygen(t, "-t", "ecdsa", "-m", "PEM", "-N", passphrase)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		text = append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), text...)
		require.NoError(t, os.WriteFile(file, text, 0o600))
		id, err := loadIdentity(file)
		require.NoError(t, err)
		if passphrase != "" {
			require.NoError(t, id.try(passphrase))
		}
		require.True(t, sameKey(id.public(), pub))
	}
}

func TestKeyFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	_, pub := keygen(t, "-t", "ed25519", "-N", "")
	for name, c := range map[string]struct{ text, want string }{
		"putty":  {"PuTTY-User-Key-File-3: ssh-ed25519\n", "puttygen"},
		"text":   {"hello\n", "no private key"},
		"empty":  {"", "no private key"},
		"public": {string(ssh.MarshalAuthorizedKey(pub)), "public key"},
		"fido": {string(pem.EncodeToMemory(&pem.Block{Type: opensshBlock, Bytes: append([]byte(opensshMagic), ssh.Marshal(opensshKey{
			CipherName: "none", KDFName: "none", Keys: 1, Private: make([]byte, 16), PubKey: ssh.Marshal(struct {
				Name        string
				Key         []byte
				Application string
			}{ssh.KeyAlgoSKED25519, make([]byte, 32), "ssh:"}),
		})...)})), "--transport openssh"},
		"cipher": {string(pem.EncodeToMemory(&pem.Block{Type: opensshBlock, Bytes: append([]byte(opensshMagic), ssh.Marshal(opensshKey{
			CipherName: "arcfour", KDFName: "bcrypt", KDFOptions: "x", Keys: 1, Private: make([]byte, 16), PubKey: pub.Marshal(),
		})...)})), "ssh-keygen -p"},
		"pem": {"-----BEGIN ODD PRIVATE KEY-----\nAAAA\n-----END ODD PRIVATE KEY-----\n", "ssh-keygen -p"},
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		_, err := loadIdentity(file)
		require.ErrorContains(t, err, file, name)
		require.ErrorContains(t, err, c.want, name)
	}
	_, err := loadIdentity(filepath.Join(dir, "nothing"))
	require.EqualError(t, err, "key "+filepath.Join(dir, "nothing")+" is not used: no such file or directory")
}

// A pipe that nobody writes to holds no key, and is not waited for; one that somebody writes to does.
func TestKeyFromAPipe(t *testing.T) {
	file, _ := keygen(t, "-t", "ed25519", "-N", "")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, err = findIdentity(pipe)
	require.ErrorContains(t, err, "it holds no private key")
	w, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	time.AfterFunc(50*time.Millisecond, func() { _ = w.Close() })
	id, err := findIdentity(pipe)
	require.NoError(t, err)
	require.NotNil(t, id.signer)
}

// As ssh does: a private key of one's own that others have any access to is not used, whatever else may be wrong with it.
func TestUnprotectedKeys(t *testing.T) {
	file, _ := keygen(t, "-t", "ed25519", "-N", "secret")
	for mode, used := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o700: true, 0o644: false, 0o640: false, 0o604: false, 0o610: false, 0o777: false} {
		require.NoError(t, os.Chmod(file, mode))
		_, err := loadIdentity(file)
		if used {
			require.NoError(t, err)
			continue
		}
		require.ErrorAs(t, err, new(*unprotectedError), "%o", mode)
	}
}

// Whatever is in a key file, it is a key, a wrong passphrase or an error.
func TestDamagedKeyFiles(t *testing.T) {
	var files [][]byte
	for _, args := range [][]string{{"-Z", "aes256-gcm@openssh.com"}, {"-Z", "aes128-cbc"}, {"-t", "ecdsa", "-m", "PKCS8"}, {"-t", "ecdsa", "-m", "PEM"}} {
		file, _ := keygen(t, append(args, "-a", "1", "-N", "secret")...)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		files = append(files, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		block, _ := pem.Decode(rapid.SampledFrom(files).Draw(t, "file"))
		at := rapid.IntRange(0, len(block.Bytes)-1).Draw(t, "at")
		block.Bytes = slices.Clone(block.Bytes)
		switch rapid.IntRange(0, 1).Draw(t, "damage") {
		case 0:
			block.Bytes[at] ^= byte(1 << rapid.IntRange(0, 3).Draw(t, "bit"))
		case 1:
			block.Bytes = block.Bytes[:at]
		}
		text := pem.EncodeToMemory(block)
		if signer, _, err := openKey(text); signer == nil && err == nil && rounds(block) <= 16 { // more rounds only take longer
			_, _ = decryptKey(text, []byte("secret"))
		}
	})
}

func rounds(block *pem.Block) uint32 {
	var options struct {
		Salt   string
		Rounds uint32
	}
	if k, err := parseOpenSSHKey(block); err == nil {
		_ = ssh.Unmarshal([]byte(k.KDFOptions), &options) // 0 where there are none
	}
	return options.Rounds
}
