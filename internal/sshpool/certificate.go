package sshpool

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// loadCertificate reads a user's certificate, as ssh-keygen -s writes it.
func loadCertificate(file string) (*ssh.Certificate, error) {
	text, _, err := readKeyFile(file)
	if err != nil {
		return nil, fileError("certificate", file, err)
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	cert, ok := pub.(*ssh.Certificate)
	if !ok || cert.CertType != ssh.UserCert {
		return nil, errors.New(file + ": not a certificate of a user")
	}
	return cert, nil
}

// certificate offers cert, for which the key of base signs. base may be nil: the agent may have it.
func certificate(file string, cert *ssh.Certificate, base *identity) *identity {
	return &identity{name: file, pub: cert, base: base}
}

// besideKey finds the certificate that ssh looks for beside a key file, NAME-cert.pub.
func besideKey(key *identity, file string) (*identity, error) {
	name := strings.TrimSuffix(file, ".pub") + "-cert.pub"
	cert, err := loadCertificate(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if pub := key.public(); pub != nil && !sameKey(pub, cert.Key) {
		return nil, errors.New(name + ": belongs to another key than the one beside it")
	}
	return certificate(name, cert, key), nil
}

// certificates loads those of CertificateFile.
func (a *auth) certificates() (certs []*identity) {
	for _, file := range a.host.CertificateFiles {
		cert, err := loadCertificate(file)
		if err != nil {
			a.problems = append(a.problems, problem{err, toAll})
			continue
		}
		i := slices.IndexFunc(a.files, func(id *identity) bool { return id.base == nil && sameKey(id.public(), cert.Key) })
		if i < 0 {
			certs = append(certs, certificate(file, cert, nil))
			continue
		}
		certs = append(certs, certificate(file, cert, a.files[i]))
	}
	return certs
}

// signable returns the identities that can sign, where a certificate's key may be the agent's. The agent's signers
// live as long as one login, so the identity is a copy.
func signable(ids, agent []*identity) (out []*identity) {
	for _, id := range ids {
		cert, ok := id.public().(*ssh.Certificate)
		if !ok {
			if !id.unusable() {
				out = append(out, id)
			}
			continue
		}
		i := slices.IndexFunc(agent, func(k *identity) bool { return sameKey(k.public(), cert.Key) })
		switch {
		case i >= 0:
			out = append(out, certificate(id.name, cert, agent[i]))
		case id.base != nil && !id.base.unusable():
			out = append(out, id)
		}
	}
	return out
}

// certificateAlgorithm is the name of an algorithm when a certificate is used with it (OpenSSH PROTOCOL.certkeys).
func certificateAlgorithm(algorithm string) string {
	return strings.TrimSuffix(algorithm, "@openssh.com") + "-cert-v01@openssh.com"
}
