package sshpool

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// errPKCS8 is a file that is not what RFC 5958 and RFC 8018 describe.
var errPKCS8 = errors.New("it is damaged")

// maxIterations bounds what a damaged file can make us compute.
const maxIterations = 10_000_000

// pbes2 is the algorithm of RFC 8018 section 6.2, which openssl writes since 1.1.
type pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }

// decryptPKCS8 decrypts an EncryptedPrivateKeyInfo (RFC 5958 section 3). Nothing in it tells a wrong passphrase but what comes out.
func decryptPKCS8(der, passphrase []byte) (any, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, errPKCS8
	}
	var scheme pbes2
	if !info.Algorithm.Algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}) {
		return nil, fmt.Errorf("it is encrypted with the scheme %s (mscp knows only PBES2)", info.Algorithm.Algorithm)
	}
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, errPKCS8
	}
	newCipher, size, err := scheme.cipher()
	if err != nil {
		return nil, err
	}
	key, err := scheme.derive(passphrase, size)
	if err != nil {
		return nil, err
	}
	block, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil || len(iv) != block.BlockSize() ||
		len(info.Data)%block.BlockSize() != 0 {
		return nil, errPKCS8
	}
	plain := make([]byte, len(info.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, info.Data)
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, errPassphrase
	}
	return private, nil
}

// cipher returns the cipher, in CBC mode, and the size of its key (RFC 8018 appendix B.2).
func (p pbes2) cipher() (func([]byte) (cipher.Block, error), int, error) {
	switch p.Cipher.Algorithm.String() {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16, nil
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24, nil
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32, nil
	case "1.2.840.113549.3.7":
		return des.NewTripleDESCipher, 24, nil
	}
	return nil, 0, fmt.Errorf("it is encrypted with the cipher %s", p.Cipher.Algorithm)
}

// derive makes a key of a passphrase, by PBKDF2 (RFC 8018) or scrypt (RFC 7914).
func (p pbes2) derive(passphrase []byte, size int) ([]byte, error) {
	switch parameters := p.KDF.Parameters.FullBytes; p.KDF.Algorithm.String() {
	case "1.2.840.113549.1.5.12":
		var a struct {
			Salt       []byte
			Iterations int
			Size       int                      `asn1:"optional"`
			PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(parameters, &a); err != nil || a.Iterations < 1 || a.Iterations > maxIterations {
			return nil, errPKCS8
		}
		h, err := prf(a.PRF.Algorithm)
		if err != nil {
			return nil, err
		}
		return pbkdf2.Key(h, string(passphrase), a.Salt, a.Iterations, size)
	case "1.3.6.1.4.1.11591.4.11":
		var a struct {
			Salt    []byte
			N, R, P int
			Size    int `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(parameters, &a); err != nil || a.N < 1 || a.R < 1 || a.P < 1 || a.N > maxIterations || a.N*a.R > maxIterations {
			return nil, errPKCS8
		}
		return scrypt.Key(passphrase, a.Salt, a.N, a.R, a.P, size)
	}
	return nil, fmt.Errorf("it derives its key by %s", p.KDF.Algorithm)
}

// prf is PBKDF2's; without a name it is SHA-1's.
func prf(id asn1.ObjectIdentifier) (func() hash.Hash, error) {
	switch id.String() {
	case "", "1.2.840.113549.2.7":
		return sha1.New, nil
	case "1.2.840.113549.2.8":
		return sha256.New224, nil
	case "1.2.840.113549.2.9":
		return sha256.New, nil
	case "1.2.840.113549.2.10":
		return sha512.New384, nil
	case "1.2.840.113549.2.11":
		return sha512.New, nil
	}
	return nil, fmt.Errorf("it derives its key by PBKDF2 with %s", id)
}
