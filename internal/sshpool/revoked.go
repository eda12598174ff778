package sshpool

import (
	"bytes"
	"errors"
	"os"
	"slices"

	"golang.org/x/crypto/ssh"
)

// revoked looks the key up in the RevokedHostKeys file: one public key a line. As with ssh a file that cannot be read lets
// no host in; nor does one in the binary format of ssh-keygen -k, which is not read here.
func (k *hostKeys) revoked(key ssh.PublicKey) error {
	file := k.host.RevokedHostKeys
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err == nil && bytes.HasPrefix(text, []byte("SSHKRL\n\x00")) {
		err = errors.New(file + ": mscp cannot read a binary revocation list (KRL): list the keys as text, or use --transport openssh")
	}
	if err != nil {
		return &HostKeyError{Host: k.addr, Kind: Unreadable, Err: err}
	}
	suspects := []ssh.PublicKey{key}
	if cert, ok := key.(*ssh.Certificate); ok {
		suspects = append(suspects, cert.Key, cert.SignatureKey)
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		bad, _, _, _, err := ssh.ParseAuthorizedKey(line)
		if err == nil && slices.ContainsFunc(suspects, func(s ssh.PublicKey) bool { return sameKey(s, bad) }) {
			return &HostKeyError{Host: k.addr, Kind: Revoked, KeyType: key.Type(), Fingerprint: ssh.FingerprintSHA256(key), File: file, Line: i + 1}
		}
	}
	return nil
}
