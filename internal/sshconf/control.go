package sshconf

import (
	"crypto/sha1"
	"encoding/hex"
)

// control finds the socket of a shared connection.
func (r *resolver) control() (err error) {
	r.host.ControlPath, err = r.file("ControlPath")
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
