package sshpool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/crypto/ssh"
)

// identity is a private key that may be offered to the server: a file's or the agent's.
type identity struct {
	name string // for messages
	pub  ssh.PublicKey
	base *identity // of a certificate: the key that signs for it

	mu     sync.Mutex
	signer ssh.Signer // nil while the file is locked by a passphrase
	pem    []byte     // the encrypted file
	err    error      // why it cannot be used
}

// publicHalf returns nil where the file does not exist or holds no key: the private half will tell.
func publicHalf(file string) ssh.PublicKey {
	text, _, err := readKeyFile(file)
	if err != nil {
		return nil
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return pub
}

var errPassphrase = errors.New("wrong passphrase")

// unlock returns the signer, and asks for the passphrase the first time.
func (id *identity) unlock(ctx context.Context, ask func(context.Context, *identity, func(string) error) error) (ssh.Signer, error) {
	if id.base != nil {
		return id.base.unlock(ctx, ask)
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.signer != nil || id.err != nil {
		return id.signer, id.err
	}
	err := ask(ctx, id, id.try)
	if err != nil {
		err = fmt.Errorf("%s: %w", id.name, err)
	}
	if !isContext(err) { // that Open was given up; the next may ask again
		id.err = err
	}
	return id.signer, err
}

// unusable reports whether it is known that the key cannot sign.
func (id *identity) unusable() bool {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.err != nil
}

// publicOnly is the error of a key whose private half is not in a file.
func (id *identity) publicOnly() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	if err, ok := errors.AsType[*publicError](id.err); ok {
		return err
	}
	return nil
}

// public returns the public half, or nil while it is not known.
func (id *identity) public() ssh.PublicKey {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.pub
}

// try decrypts the key.
func (id *identity) try(passphrase string) error {
	signer, err := decryptKey(id.pem, []byte(passphrase))
	if err != nil {
		return err
	}
	if id.pub != nil && !slices.Equal(id.pub.Marshal(), signer.PublicKey().Marshal()) {
		return errors.New("the .pub file beside it belongs to another key")
	}
	id.signer, id.pub = signer, signer.PublicKey()
	return nil
}

// lazySigner offers an identity and unlocks it only when the server would accept it.
type lazySigner struct {
	id     *identity
	unlock func(*identity) (ssh.Signer, error)
	accept []string // signature algorithms allowed
	signed func()   // called at the end of each attempt to sign; nil: nobody wants to know
}

func (s *lazySigner) PublicKey() ssh.PublicKey { return s.id.public() }

// Algorithms leaves RSA with SHA-1 out (RFC 8332).
func (s *lazySigner) Algorithms() []string {
	pub := s.id.public()
	format, listed := pub.Type(), func(algorithm string) string { return algorithm }
	if c, ok := pub.(*ssh.Certificate); ok {
		format, listed = c.Key.Type(), certificateAlgorithm
	}
	own := []string{format}
	if format == ssh.KeyAlgoRSA {
		own = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return slices.DeleteFunc(own, func(a string) bool { return !slices.Contains(s.accept, listed(a)) })
}

func (s *lazySigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s *lazySigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if s.signed != nil {
		defer s.signed()
	}
	signer, err := s.unlock(s.id)
	if err != nil {
		return nil, err
	}
	if with, ok := signer.(ssh.AlgorithmSigner); ok {
		return with.SignWithAlgorithm(rand, data, algorithm)
	}
	return signer.Sign(rand, data)
}

var _ ssh.MultiAlgorithmSigner = (*lazySigner)(nil)
