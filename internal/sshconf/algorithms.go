package sshconf

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// algorithmSet is one kind of algorithm: what is offered by default, and what can be asked for.
type algorithmSet struct {
	defaults []string
	known    []string
}

// cipherSet prefers AES-GCM where the CPU has AES: one core then moves several times as much as with
// ChaCha20-Poly1305, which wins where AES is done in software. The strength of both is beyond reach.
func cipherSet(aes bool) algorithmSet {
	gcm := []string{ssh.CipherAES128GCM, ssh.CipherAES256GCM}
	chacha := []string{ssh.CipherChaCha20Poly1305}
	ctr := []string{ssh.CipherAES128CTR, ssh.CipherAES192CTR, ssh.CipherAES256CTR}
	order := slices.Concat(gcm, chacha, ctr)
	if !aes {
		order = slices.Concat(chacha, gcm, ctr)
	}
	return algorithmSet{order, slices.Concat(order, ssh.InsecureAlgorithms().Ciphers)}
}

func macSet() algorithmSet {
	s := ssh.SupportedAlgorithms().MACs
	return algorithmSet{s, slices.Concat(s, ssh.InsecureAlgorithms().MACs)}
}

func kexSet() algorithmSet {
	s := ssh.SupportedAlgorithms().KeyExchanges
	return algorithmSet{s, slices.Concat(s, ssh.InsecureAlgorithms().KeyExchanges)}
}

// hostKeySet follows OpenSSH's order: certificates first, then Ed25519, ECDSA, RSA with SHA-2.
func hostKeySet() algorithmSet {
	order := []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
	return algorithmSet{order, slices.Concat(order, ssh.InsecureAlgorithms().HostKeys)}
}

// pubkeySet has no ssh-rsa, which is RSA with SHA-1: it cannot even be asked for. Of certificates it has the names
// that OpenSSH's lists have; x/crypto/ssh takes their keys' own.
func pubkeySet() algorithmSet {
	s := slices.Concat(ssh.SupportedAlgorithms().PublicKeyAuths, []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoSKED25519v01, ssh.CertAlgoSKECDSA256v01, ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	})
	return algorithmSet{s, s}
}

// apply reads a list as ssh_config(5) does: a leading + appends to the defaults, - removes from them (patterns
// allowed), ^ puts in front. In a plain list, and after + and ^, every name must be known; unknown returns those
// that are not. strict is false for lists from a file, which is shared with an ssh that knows more algorithms:
// there what is unknown is left out, and only a list of which nothing remains is an error.
func (s algorithmSet) apply(list string, strict bool) (order, unknown []string) {
	op := byte(0)
	if list != "" && strings.IndexByte("+-^", list[0]) >= 0 {
		op, list = list[0], list[1:]
	}
	names := splitList(list)
	if op == '-' {
		return slices.DeleteFunc(slices.Clone(s.defaults), func(d string) bool { return matchAny(names, d) }), nil
	}
	var chosen []string
	for _, n := range names {
		if matches := s.match(n); len(matches) > 0 {
			chosen = append(chosen, matches...)
		} else {
			unknown = append(unknown, n)
		}
	}
	switch op {
	case '+':
		order = slices.Concat(s.defaults, chosen)
	case '^':
		order = slices.Concat(chosen, s.defaults)
	default:
		order = chosen
	}
	if !strict && len(order) > 0 {
		unknown = nil
	}
	return dedupe(order), unknown
}

func (s algorithmSet) match(pattern string) (names []string) {
	for _, k := range s.known {
		if ok, _ := path.Match(pattern, k); ok {
			names = append(names, k)
		}
	}
	return names
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, name)
		return ok
	})
}

func splitList(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

func dedupe(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// KnownCiphers are the names that Ciphers may list.
func KnownCiphers() []string { return cipherSet(true).known }

// KnownMACs are the names that MACs may list.
func KnownMACs() []string { return macSet().known }
