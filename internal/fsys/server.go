package fsys

import (
	"io"
	"io/fs"
	"sync/atomic"
)

// Server is what is known of one SFTP server for a whole copy. Whichever channel finds something out tells the others through it.
type Server struct {
	opens  openLimit
	single atomic.Bool // it gives one handle to several files: a channel has one file open at a time

	byName atomic.Bool // FSTAT or FSETSTAT fails where STAT or SETSTAT works
	byBoth atomic.Bool // neither works on some file, so a failure tells nothing

	held atomic.Int64 // entries of listings that wait to be handed over

	newFile atomic.Int32 // which of newFileFlags it takes
	dirs    keptMode     // whether MKDIR keeps the mode that it is given
	files   keptMode     // the same of OPEN
}

// NewServer returns a Server of which nothing is known.
func NewServer() *Server {
	s := new(Server)
	s.opens.init()
	return s
}

// NewSFTP is [NewSFTP] for a channel to this server.
func (v *Server) NewSFTP(ch io.ReadWriteCloser, side string, block int) (*SFTP, error) {
	return newSFTP(v, ch, side, block)
}

// KeepsModes tells whether directories have been made with the modes that were asked for, as far as is known.
func (v *Server) KeepsModes() bool { return v.dirs.state.Load() != modeIgnored }

// OneFileAtATime has one file open at a time on each channel from now on.
func (s *SFTP) OneFileAtATime() { s.server.single.Store(true) }

// keptMode is whether modes given to one kind of request hold. It is asked once.
type keptMode struct {
	state atomic.Int32
	given atomic.Uint32 // the permissions that the server gives instead
}

const (
	modeUnknown = iota
	modeKept
	modeIgnored
)

// learn notes what was made of a mode that was asked for. A server whose umask hides the difference tells nothing.
func (k *keptMode) learn(asked, given fs.FileMode) {
	switch {
	case given&^asked != 0:
		k.given.Store(uint32(given))
		k.state.Store(modeIgnored)
	case 0o755&^asked != 0:
		k.state.CompareAndSwap(modeUnknown, modeKept)
	}
}

// exposes tells whether something that is made now may be open to more than mode allows, as far as is known.
func (k *keptMode) exposes(mode fs.FileMode) bool {
	return k.state.Load() == modeIgnored && fs.FileMode(k.given.Load())&^mode.Perm() != 0
}
