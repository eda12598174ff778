package sshpool

import (
	"crypto/sha512"
	"encoding/binary"
	"errors"

	//lint:ignore SA1019 OpenSSH's key files are encrypted with what is made of it
	"golang.org/x/crypto/blowfish"
)

const (
	bcryptBlock     = 32
	maxBcryptRounds = 1 << 16 // some minutes; ssh-keygen's default is 16 or 24
)

var errBcrypt = errors.New("it is damaged (bcrypt)")

// bcryptPBKDF derives a key as OpenSSH's private keys are encrypted with: PBKDF2 with a variant of bcrypt in place of an HMAC, and an
// output whose bytes are dealt out over the blocks (OpenBSD's bcrypt_pbkdf(3)).
func bcryptPBKDF(passphrase, salt []byte, rounds, size int) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, errPassphrase
	}
	if len(salt) == 0 || rounds < 1 || rounds > maxBcryptRounds {
		return nil, errBcrypt
	}
	blocks := (size + bcryptBlock - 1) / bcryptBlock
	key := make([]byte, blocks*bcryptBlock)
	pass := sha512.Sum512(passphrase)
	for b := range blocks {
		last, err := bcryptHash(pass[:], binary.BigEndian.AppendUint32(append([]byte{}, salt...), uint32(b+1)))
		if err != nil {
			return nil, err
		}
		sum := last
		for range rounds - 1 {
			if last, err = bcryptHash(pass[:], last[:]); err != nil {
				return nil, err
			}
			for i := range sum {
				sum[i] ^= last[i]
			}
		}
		for i, v := range sum {
			key[i*blocks+b] = v
		}
	}
	return key[:size], nil
}

// bcryptHash hashes the digests of both with 2^6 rounds of Blowfish's key schedule.
func bcryptHash(pass, salt []byte) (out [bcryptBlock]byte, err error) {
	digest := sha512.Sum512(salt)
	c, err := blowfish.NewSaltedCipher(pass, digest[:])
	if err != nil {
		return out, err
	}
	for range 64 {
		blowfish.ExpandKey(digest[:], c)
		blowfish.ExpandKey(pass, c)
	}
	copy(out[:], "OxychromaticBlowfishSwatDynamite")
	for i := 0; i < bcryptBlock; i += blowfish.BlockSize {
		for range 64 {
			c.Encrypt(out[i:], out[i:])
		}
	}
	for i := 0; i < bcryptBlock; i += 4 { // words in the order of a PC
		out[i], out[i+1], out[i+2], out[i+3] = out[i+3], out[i+2], out[i+1], out[i]
	}
	return out, nil
}
