package sshpool

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/binary"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 chacha20-poly1305@openssh.com is not RFC 8439's
	"golang.org/x/crypto/poly1305"
	"golang.org/x/crypto/ssh"
)

// opensshKey is a private key in OpenSSH's format (PROTOCOL.key). x/crypto/ssh decrypts two of its ciphers; here are all.
type opensshKey struct {
	CipherName, KDFName string
	KDFOptions          string
	Keys                uint32
	PubKey              []byte
	Private             []byte
	Tag                 []byte `ssh:"rest"` // of a cipher with authentication
}

const opensshMagic = "openssh-key-v1\x00"

var errOpenSSHKey = errors.New("it is damaged")

func parseOpenSSHKey(block *pem.Block) (k opensshKey, err error) {
	text, ok := bytes.CutPrefix(block.Bytes, []byte(opensshMagic))
	if block.Type != opensshBlock || !ok {
		return k, errOpenSSHKey
	}
	if err := ssh.Unmarshal(text, &k); err != nil || k.Keys != 1 {
		return k, errOpenSSHKey
	}
	return k, nil
}

// keyCipher decrypts with a key and an initial vector of certain sizes. ok is false where the tag is wrong.
type keyCipher struct {
	key, iv int
	decrypt func(key, iv, text, tag []byte) (plain []byte, ok bool)
}

// keyCiphers are those of OpenSSH's cipher.c that ssh-keygen -Z takes.
func keyCiphers() map[string]keyCipher {
	return map[string]keyCipher{
		"aes128-cbc":                    {16, 16, cbc(aes.NewCipher)},
		"aes192-cbc":                    {24, 16, cbc(aes.NewCipher)},
		"aes256-cbc":                    {32, 16, cbc(aes.NewCipher)},
		"rijndael-cbc@lysator.liu.se":   {32, 16, cbc(aes.NewCipher)},
		"3des-cbc":                      {24, 8, cbc(des.NewTripleDESCipher)},
		"aes128-ctr":                    {16, 16, ctr},
		"aes192-ctr":                    {24, 16, ctr},
		"aes256-ctr":                    {32, 16, ctr},
		"aes128-gcm@openssh.com":        {16, 12, gcm},
		"aes256-gcm@openssh.com":        {32, 12, gcm},
		"chacha20-poly1305@openssh.com": {64, 0, chachaPoly},
	}
}

func cbc(newCipher func([]byte) (cipher.Block, error)) func(key, iv, text, tag []byte) ([]byte, bool) {
	return func(key, iv, text, _ []byte) ([]byte, bool) {
		block, err := newCipher(key)
		if err != nil || len(text)%block.BlockSize() != 0 {
			return nil, false
		}
		plain := make([]byte, len(text))
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, text)
		return plain, true
	}
}

func ctr(key, iv, text, _ []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(text))
	cipher.NewCTR(block, iv).XORKeyStream(plain, text)
	return plain, true
}

func gcm(key, iv, text, tag []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, false
	}
	plain, err := aead.Open(nil, iv, append(bytes.Clone(text), tag...), nil)
	return plain, err == nil
}

// chachaPoly is PROTOCOL.chacha20poly1305 with sequence number 0 and no length to hide, so the second half of the key is of no use.
func chachaPoly(key, _, text, tag []byte) ([]byte, bool) {
	stream, err := chacha20.NewUnauthenticatedCipher(key[:32], make([]byte, chacha20.NonceSize))
	if err != nil || len(tag) != 16 {
		return nil, false
	}
	var first [64]byte
	stream.XORKeyStream(first[:], first[:])
	if !poly1305.Verify((*[16]byte)(tag), text, (*[32]byte)(first[:32])) {
		return nil, false
	}
	plain := make([]byte, len(text))
	stream.XORKeyStream(plain, text)
	return plain, true
}

// decryptOpenSSHKey returns the same key without encryption.
func decryptOpenSSHKey(block *pem.Block, passphrase []byte) ([]byte, error) {
	k, err := parseOpenSSHKey(block)
	if err != nil {
		return nil, err
	}
	c, known := keyCiphers()[k.CipherName]
	var options struct {
		Salt   string
		Rounds uint32
	}
	if err := ssh.Unmarshal([]byte(k.KDFOptions), &options); err != nil || !known || k.KDFName != "bcrypt" {
		return nil, wayOut(block, errors.New("it is encrypted with "+k.CipherName+" and "+k.KDFName))
	}
	derived, err := bcryptPBKDF(passphrase, []byte(options.Salt), int(options.Rounds), c.key+c.iv)
	if err != nil {
		return nil, err
	}
	plain, ok := c.decrypt(derived[:c.key], derived[c.key:], k.Private, k.Tag)
	// Two equal numbers are in front of the key, so that a wrong passphrase is noticed.
	if !ok || len(plain) < 8 || binary.BigEndian.Uint32(plain) != binary.BigEndian.Uint32(plain[4:]) {
		return nil, errPassphrase
	}
	k.CipherName, k.KDFName, k.KDFOptions, k.Private, k.Tag = "none", "none", "", plain, nil
	return pem.EncodeToMemory(&pem.Block{Type: opensshBlock, Bytes: append([]byte(opensshMagic), ssh.Marshal(k)...)}), nil
}
