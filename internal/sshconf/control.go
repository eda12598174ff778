package sshconf

import (
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"strings"
)

// control finds the socket of a shared connection. Where ssh -G has settled the value it comes expanded.
func (r *resolver) control() (err error) {
	v, ok := r.s.get("ControlPath")
	if !ok || strings.EqualFold(v.text, "none") {
		return nil
	}
	tokens := maps.Clone(r.tokens())
	tokens['C'] = connectionHash(tokens)
	r.host.ControlPath, err = r.pathWith(v, "ControlPath", tokens)
	return err
}

// connectionHash is the token %C: a digest of %l%h%p%r%j, as ssh_config(5) says.
func connectionHash(tokens map[byte]string) string {
	sum := sha1.New()
	for _, t := range []byte("lhprj") {
		sum.Write([]byte(tokens[t]))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
