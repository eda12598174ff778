package fsys

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pkg/sftp"

	"mscp/internal/bytepath"
	"mscp/internal/quote"
	"mscp/internal/sftpwire"
)

// failed is err for an error that may be nil.
func (s *SFTP) failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return s.err(op, name, err)
}

// err names side, operation and path, and gives the reason a type. A status is the server's word on one request; any other
// error of pkg/sftp or sftpwire means that the channel is gone.
func (s *SFTP) err(op, name string, err error) error {
	reason := s.reason(err)
	if (op == "stat" || op == "lstat") && s.Careful() && errors.Is(reason, ErrFailure) {
		reason = &absent{reason} // Twisted's server has no other word for it
	}
	if op == "write" && outOfOrder(reason) {
		return &Error{s.side, op, name, ErrSequential}
	}
	switch op {
	case "create", "write", "make directory", "truncate", "rename to", "close":
		reason = s.diagnose(op, name, reason)
	}
	return &Error{s.side, op, name, reason}
}

// diagnose asks the file system where a change failed without a reason whether it is full or read-only: OpenSSH says
// only "Failure" then. Less than a block's worth of space counts as full, and for a new name so does a file system that counts
// its files and takes no more.
func (s *SFTP) diagnose(op, name string, reason error) error {
	if !errors.Is(reason, ErrFailure) || !s.statvfs {
		return reason
	}
	v, err := s.client.StatVFS(remote(bytepath.Dir(name)))
	switch {
	case err != nil:
		return reason
	case v.Flag&statvfsReadOnly != 0:
		return ErrReadOnly
	case v.Bavail*v.Frsize < uint64(s.Block()):
		return ErrNoSpace
	case v.Files > 0 && v.Favail == 0 && (op == "create" || op == "make directory"):
		return ErrNoSpace
	}
	return reason
}

// outOfOrder tells a WRITE that was refused because it is not the next one. SFTP version 3 has no code for it, so that this is the one
// place where a text decides: strerror of ESPIPE, in rclone's spelling (vfs/errors.go). A server that lies gains nothing: the file is
// sent once more.
func outOfOrder(reason error) bool {
	var r *Refusal
	return errors.As(reason, &r) && strings.EqualFold(r.Text, "Illegal seek")
}

const statvfsReadOnly = 0x1 // SSH_FXE_STATVFS_ST_RDONLY

func (s *SFTP) reason(err error) error {
	var ours *sftpwire.StatusError
	var theirs *sftp.StatusError
	var protocol *sftpwire.ProtocolError
	var done *Error
	switch {
	case errors.As(err, &done): // it was asked in another way in between
		return done.Err
	case errors.Is(err, sftpwire.ErrShared):
		s.server.single.Store(true)
		return ErrShared
	case errors.As(err, &ours):
		return statusReason(ours.Code, ours.Message)
	case errors.As(err, &theirs):
		return statusReason(theirs.Code, "") // pkg/sftp wraps the server's text in its own
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrExist), errors.Is(err, ErrUnsupported), errors.Is(err, ErrNoHomes), errors.Is(err, ErrIsDir):
		return err
	case err == io.EOF && s.wire.Err() == nil: // a status too: pkg/sftp translates it
		return ErrFailure
	case errors.As(err, &protocol):
		s.wire.Close() // what else such a server says is not to be trusted
		return fmt.Errorf("%w: %w", ErrLost, protocol)
	}
	if why := s.wire.Err(); why != nil && !errors.Is(err, sftpwire.ErrClosed) {
		err = why
	}
	return fmt.Errorf("%w (%w)", ErrLost, err)
}

// statusReason maps the codes of draft-ietf-secsh-filexfer-02, section 7. OpenSSH's server maps errno so coarsely
// (errno_to_portable) that ENOSPC, EDQUOT, EROFS, EISDIR and ENOTEMPTY are all SSH_FX_FAILURE.
func statusReason(code uint32, text string) error {
	switch code {
	case sftpwire.StatusNoSuchFile, sftpwire.StatusNoSuchPath:
		return fs.ErrNotExist
	case sftpwire.StatusPermissionDenied:
		return fs.ErrPermission
	case sftpwire.StatusOpUnsupported:
		return ErrUnsupported
	case sftpwire.StatusNoConnection, sftpwire.StatusConnectionLost:
		return ErrLost
	}
	return &Refusal{Code: code, Text: text}
}

// absent is a STAT or LSTAT that failed without a reason: what is asked for so is most often not there.
type absent struct{ error }

func (a *absent) Is(target error) bool { return target == fs.ErrNotExist }
func (a *absent) Unwrap() error        { return a.error }

func unsupported(err error) bool {
	var st *sftpwire.StatusError
	return errors.As(err, &st) && st.Code == sftpwire.StatusOpUnsupported
}

// Refusal is a server's status that says no more than its code and a text. It is an [ErrFailure].
type Refusal struct {
	Code uint32
	Text string // the server's: escape it before it is shown
}

func (r *Refusal) Error() string {
	switch {
	case r.Code == sftpwire.StatusBadMessage: // errno_to_portable in OpenSSH's sftp-server.c: ENAMETOOLONG and EINVAL
		return fmt.Sprintf("the name is too long or not allowed there, or an argument is invalid (the server says %s)", quote.Name(cmp.Or(r.Text, "Bad message")))
	case r.Text == "" || r.Text == "Failure":
		return ErrFailure.Error()
	}
	return fmt.Sprintf("the server says %s", quote.Name(r.Text))
}

func (r *Refusal) Unwrap() error { return ErrFailure }
