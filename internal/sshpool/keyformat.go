package sshpool

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// privateBlock finds the private key in a PEM file, behind other blocks: openssl writes "EC PARAMETERS" first. nil: there is none.
func privateBlock(text []byte) []byte {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return pem.EncodeToMemory(block)
		}
	}
	return nil
}

const (
	opensshBlock = "OPENSSH PRIVATE KEY"
	pkcs8Block   = "ENCRYPTED PRIVATE KEY" // RFC 5958; the plain one x/crypto/ssh reads
)

// openKey reads a private key. Of one that a passphrase protects it returns the public half, if that is in the clear, and no signer.
func openKey(text []byte) (ssh.Signer, ssh.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block.Type == pkcs8Block {
		return nil, nil, nil
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return signer, nil, nil
	case errors.As(err, &locked):
		return nil, locked.PublicKey, unreadableCipher(block)
	}
	return nil, nil, wayOut(block, err)
}

// wayOut says what to do with a key that cannot be read here.
func wayOut(block *pem.Block, err error) error {
	if k, kerr := parseOpenSSHKey(block); kerr == nil {
		if pub, perr := ssh.ParsePublicKey(k.PubKey); perr == nil && strings.HasPrefix(pub.Type(), "sk-") {
			return fmt.Errorf("it belongs to a FIDO2 device (%s), which mscp cannot use; add it to an agent (ssh-add), or use --transport openssh", pub.Type())
		}
	}
	return fmt.Errorf("%w; ssh-keygen -p -f FILE rewrites it in OpenSSH's format, or use --transport openssh", err)
}

// unreadableCipher reports a cipher of OpenSSH's format that is not known here.
func unreadableCipher(block *pem.Block) error {
	k, err := parseOpenSSHKey(block)
	if err != nil {
		return nil // another format
	}
	if _, ok := keyCiphers()[k.CipherName]; !ok {
		return wayOut(block, fmt.Errorf("it is encrypted with %s", k.CipherName))
	}
	return nil
}

// decryptKey returns errPassphrase for a wrong passphrase.
func decryptKey(text, passphrase []byte) (ssh.Signer, error) {
	block, _ := pem.Decode(text)
	switch block.Type {
	case pkcs8Block:
		key, err := decryptPKCS8(block.Bytes, passphrase)
		switch {
		case errors.Is(err, errPassphrase):
			return nil, err
		case err != nil:
			return nil, wayOut(block, err)
		}
		return ssh.NewSignerFromKey(key)
	case opensshBlock:
		plain, err := decryptOpenSSHKey(block, passphrase)
		if err != nil {
			return nil, err
		}
		signer, err := ssh.ParsePrivateKey(plain)
		if err != nil {
			return nil, wayOut(block, err)
		}
		return signer, nil
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, passphrase)
	// Nothing in the format of RFC 1421 tells a wrong passphrase but its padding, which one wrong passphrase in 256 decrypts to by
	// chance: what comes out is then no key, and like OpenSSH we ask again.
	//lint:ignore SA1019 users have such files
	if errors.Is(err, x509.IncorrectPasswordError) || err != nil && x509.IsEncryptedPEMBlock(block) {
		return nil, errPassphrase
	}
	return signer, err
}
