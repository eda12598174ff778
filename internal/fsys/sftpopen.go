package fsys

import (
	"errors"
	"io/fs"

	"mscp/internal/sftpwire"
)

// take opens something by ask, as soon as there is room for it. What it returns holds room until leave.
func (s *SFTP) take(name string, ask func() (*sftpwire.Handle, error)) (*sftpwire.Handle, error) {
	for again := false; ; again = true {
		n, err := s.enter()
		if err != nil {
			return nil, err
		}
		h, err := ask()
		switch {
		case err == nil && again:
			s.server.opens.granted(n)
			return h, nil
		case err == nil:
			return h, nil
		case !s.tooMany(err):
			s.leave()
			return nil, err
		}
		s.own.leave()
		if s.server.opens.refused(n) {
			return nil, err
		}
	}
}

// enter waits for room on this channel, then on the server. It returns how many files are open on the server.
func (s *SFTP) enter() (int, error) {
	if s.server.single.Load() {
		s.own.narrow(1)
	}
	if s.own.enter(s.ended) == 0 {
		return 0, s.wire.Err()
	}
	n := s.server.opens.enter(s.ended)
	if n == 0 {
		s.own.leave()
		return 0, s.wire.Err()
	}
	return n, nil
}

func (s *SFTP) leave() {
	s.server.opens.leave()
	s.own.leave()
}

func (s *SFTP) ended() bool { return s.wire.Err() != nil }

// tooMany tells whether an OPEN may have been refused only because of the number of files that are open. Other makes have any code for it.
func (s *SFTP) tooMany(err error) bool {
	var st *sftpwire.StatusError
	if !errors.As(err, &st) {
		return false
	}
	switch st.Code {
	case sftpwire.StatusNoSuchFile, sftpwire.StatusOpUnsupported:
		return false
	case sftpwire.StatusFailure:
		return true
	}
	return s.Careful()
}

// Maker is an FS that can make a file without using one that is there.
type Maker interface {
	// Make makes a file for writing; one that is there is fs.ErrExist. final is the mode that it will have in the end: until then nobody
	// may read it who may not read it then.
	Make(name string, final fs.FileMode) (File, error)
}

// newFileFlags are the ways to make a file, in the order in which they are tried. The last two are for servers that know no
// SSH_FXF_EXCL. Those made with npm's ssh2 know the combinations of fopen only, to which WRITE with CREAT does not belong.
var newFileFlags = [...]uint32{
	sftpwire.OpenWrite | sftpwire.OpenCreat | sftpwire.OpenTrunc | sftpwire.OpenExcl,
	sftpwire.OpenWrite | sftpwire.OpenCreat | sftpwire.OpenTrunc,
	sftpwire.OpenWrite | sftpwire.OpenCreat,
}

// errThere is an OPEN with SSH_FXF_EXCL of a name that is there.
var errThere = errors.New("it is there")

// Make implements Maker.
func (s *SFTP) Make(name string, final fs.FileMode) (File, error) {
	way := int(s.server.newFile.Load())
	h, err := s.make(name, way)
	for next := way + 1; s.Careful() && refused(err) && next < len(newFileFlags); next++ {
		var herr error
		if h, herr = s.make(name, next); herr == nil {
			s.server.newFile.Store(int32(next))
			err = nil
		}
	}
	switch {
	case errors.Is(err, errThere):
		return nil, s.err("create", name, fs.ErrExist)
	case err != nil:
		return nil, s.err("create", name, err)
	}
	f := &sftpFile{s: s, name: name, h: h}
	if err := s.hide(name, final); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// make makes a file in one of the ways.
func (s *SFTP) make(name string, way int) (*sftpwire.Handle, error) {
	flags := newFileFlags[way]
	if flags&sftpwire.OpenExcl == 0 {
		if _, err := s.Lstat(name); err == nil {
			return nil, errThere
		}
	}
	return s.take(name, func() (*sftpwire.Handle, error) {
		h, err := s.wire.Open(remote(name), flags, permissions(0o600))
		if flags&sftpwire.OpenExcl != 0 && s.there(name, err) {
			return nil, errThere
		}
		return h, err
	})
}

// there tells whether an OPEN that makes a file was refused because the file is there. OpenSSH says no more than "Failure" then.
func (s *SFTP) there(name string, err error) bool {
	var st *sftpwire.StatusError
	if !errors.As(err, &st) || st.Code == sftpwire.StatusNoSuchFile {
		return false
	}
	if !s.Careful() {
		return st.Code == sftpwire.StatusFailure
	}
	_, err = s.Lstat(name)
	return err == nil
}

// refused tells whether an error is the server's word on one request.
func refused(err error) bool {
	var st *sftpwire.StatusError
	return errors.As(err, &st)
}

// hide keeps a file that was just made from those who must not read it, where the server does not keep the mode that OPEN gives.
func (s *SFTP) hide(name string, final fs.FileMode) error {
	if !s.Careful() {
		return nil
	}
	if s.server.files.state.Load() == modeUnknown {
		a, err := s.wire.Stat(remote(name))
		if err == nil && a.Flags&sftpwire.AttrPermissions != 0 {
			s.server.files.learn(0o600, fileMode(a.Mode).Perm())
		}
	}
	if !s.server.files.exposes(final) {
		return nil
	}
	mode := fs.FileMode(0o600)
	return lostOnly(s.SetAttr(name, Attr{Mode: &mode})) // whoever sets the final mode says what is wrong
}
