package fsys

import (
	"errors"
	"io/fs"

	"mscp/internal/sftpwire"
)

const (
	// heldAtOnce is how many entries of one directory are held where its handle is to be closed before the first of them is worked on.
	heldAtOnce = 10_000
	// heldInAll is the same of all directories that are being listed, on a server that bears few open files.
	heldInAll = 1 << 20
	// sharedListings is how often a listing is begun again whose handle was given to a file as well.
	sharedListings = 20
)

// List implements FS. Names are as the server sent them. OpenSSH's listings are handed over as they come. Of other servers few files may be
// open at once, and what is made of an entry may need to open one: their listings are read before the first entry is handed over.
func (s *SFTP) List(name string, fn func(Info) error) error {
	if !s.Careful() {
		stopped, err := s.stream(name, sftpwire.Many, fn)
		if err == nil || stopped != nil {
			return stopped
		}
		return s.err("list", name, err)
	}
	l := heldListing{s: s, name: name, fn: fn}
	defer func() { s.server.held.Add(-int64(len(l.all))) }()
	err := l.read()
	for tries := 0; errors.Is(err, ErrShared) && !l.over && tries < sharedListings; tries++ {
		err = l.read()
	}
	if errors.Is(err, ErrShared) || l.over {
		return err
	}
	for _, i := range l.all {
		if ferr := fn(i); ferr != nil {
			return ferr
		}
	}
	return err
}

// heldListing is a listing of which the entries are held until it ends, or until they are too many.
type heldListing struct {
	s    *SFTP
	name string
	fn   func(Info) error
	all  []Info
	over bool // they were too many: entries are handed over as they come
}

// read reads the listing, when there is room for a handle. Where it ends early, l.all has what came until then.
func (l *heldListing) read() error {
	var stopped error
	_, err := l.s.take(l.name, func() (*sftpwire.Handle, error) {
		l.s.server.held.Add(-int64(len(l.all)))
		l.all = nil
		var err error
		stopped, err = l.s.stream(l.name, sftpwire.OneByOne, l.entry)
		if stopped == nil && err != nil && l.over {
			stopped = l.s.err("list", l.name, err) // it is not begun again
		}
		if stopped != nil {
			err = nil
		}
		return nil, err
	})
	if err != nil {
		return l.s.err("list", l.name, err)
	}
	l.s.leave()
	return stopped
}

func (l *heldListing) entry(i Info) error {
	if l.over {
		return l.fn(i)
	}
	few := l.s.server.single.Load() || l.s.server.opens.limited()
	switch held := l.s.server.held.Add(1); {
	case few && held > heldInAll:
		l.s.server.held.Add(-1)
		return &Error{l.s.side, "list", l.name, ErrTooLarge}
	case few || len(l.all) < heldAtOnce && held <= heldInAll:
		l.all = append(l.all, i)
		return nil
	}
	l.over = true
	l.s.server.held.Add(-1 - int64(len(l.all)))
	all := l.all
	l.all = nil
	for _, i := range append(all, i) {
		if err := l.fn(i); err != nil {
			return err
		}
	}
	return nil
}

// Mkdir implements FS. What MKDIR says of a name that is there differs from make to make, hence the LSTAT.
func (s *SFTP) Mkdir(name string, perm fs.FileMode) error {
	err := s.wire.Mkdir(remote(name), permissions(perm))
	if err == nil {
		return s.withhold(name, perm)
	}
	var st *sftpwire.StatusError
	if !errors.As(err, &st) || st.Code == sftpwire.StatusNoSuchFile || st.Code == sftpwire.StatusPermissionDenied && !s.Careful() {
		return s.err("make directory", name, err)
	}
	_, lerr := s.Lstat(name)
	if Lost(lerr) {
		return lerr // it may be there, made by a request whose answer was lost
	}
	if lerr == nil {
		err = fs.ErrExist
	}
	return s.err("make directory", name, err)
}

// withhold takes away what a server that ignores MKDIR's mode gives beyond it, before anything lies in the directory. Whether it does is
// asked once, with the first directory that can tell.
func (s *SFTP) withhold(name string, perm fs.FileMode) error {
	known := &s.server.dirs
	if !s.Careful() || known.state.Load() == modeKept || known.state.Load() == modeIgnored && !known.exposes(perm) {
		return nil
	}
	a, err := s.wire.Stat(remote(name))
	if err != nil || a.Flags&sftpwire.AttrPermissions == 0 {
		return lostOnly(s.failed("stat", name, err))
	}
	given := fileMode(a.Mode)
	known.learn(perm.Perm(), given.Perm())
	if given.Perm()&^perm.Perm() == 0 {
		return nil
	}
	given &= perm.Perm() | fs.ModeSetgid | fs.ModeSticky
	return lostOnly(s.SetAttr(name, Attr{Mode: &given})) // whoever sets the final mode says what is wrong
}

func lostOnly(err error) error {
	if Lost(err) {
		return err
	}
	return nil
}
