package fsys

import (
	"errors"
	"io/fs"

	"mscp/internal/sftpwire"
)

// HomeExpander is an FS that knows where the users of its side are at home.
type HomeExpander interface {
	// ExpandHome returns the home directory of ~user.
	ExpandHome(user string) (string, error)
}

// ErrNoHomes means that the side cannot tell where another user is at home.
var ErrNoHomes = errors.New("the server does not tell where other users are at home (no expand-path@openssh.com)")

// ExpandHome implements HomeExpander. OpenSSH's server since 8.7 knows.
func (s *SFTP) ExpandHome(user string) (string, error) {
	if !s.has(sftpwire.ExpandExtension) {
		return "", s.err("expand", user, ErrNoHomes)
	}
	home, err := s.wire.Expand(user)
	if refused := (*sftpwire.StatusError)(nil); errors.As(err, &refused) {
		err = fs.ErrNotExist // OpenSSH answers an unknown user with whatever errno holds
	}
	return home, s.failed("expand", user, err)
}
