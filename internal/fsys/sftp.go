package fsys

import (
	"errors"
	"io"
	"time"

	"github.com/pkg/sftp"

	"mscp/internal/bytepath"
	"mscp/internal/sftpwire"
)

const (
	// MaxBlock is the largest block by default: OpenSSH's max-read-length and max-write-length.
	MaxBlock = 255 << 10
	// plainBlock is what every server must take (draft-ietf-secsh-filexfer-02, section 3: packets of 34000 bytes).
	plainBlock = 32 << 10
)

// SFTP is a server's file system over one SFTP channel.
type SFTP struct {
	server *Server
	own    openLimit // of this channel
	side   string
	wire   *sftpwire.Conn
	client *sftp.Client

	known   chan struct{} // closed when those below are
	block   int
	limits  sftpwire.Limits
	rtt     time.Duration // what asking for them took; 0: they were not asked for
	unready error         // why there was no answer

	posixRename, fsync, statvfs bool
	inOrder                     bool // OpenSSH's sftp-server, which handles one request after the other
}

// NewSFTP starts an SFTP session on a channel where the "sftp" subsystem runs, and owns the channel from then on, also when it
// fails. Nothing is known of the server; see [Server.NewSFTP]. block is the wanted block in bytes, 0 for as large as the server allows up to [MaxBlock]. side names the server for messages.
// The server's limits are asked for and not waited for: the first requests can follow at once. What goes wrong with that ends the session.
func NewSFTP(ch io.ReadWriteCloser, side string, block int) (*SFTP, error) {
	return newSFTP(NewServer(), ch, side, block)
}

func newSFTP(server *Server, ch io.ReadWriteCloser, side string, block int) (*SFTP, error) {
	wire, begun := sftpwire.New(ch), time.Now()
	client, err := sftp.NewClientPipe(wire, wire)
	if err != nil {
		wire.Close()
		return nil, &Error{side, "start SFTP", "", &startError{err}}
	}
	s := &SFTP{server: server, side: side, wire: wire, client: client, known: make(chan struct{})}
	s.own.init()
	s.posixRename = s.has("posix-rename@openssh.com")
	s.statvfs = s.has("statvfs@openssh.com")
	s.inOrder = s.has("lsetstat@openssh.com") // OpenSSH 8.0 and later, and nobody else
	s.fsync = s.has(sftpwire.FsyncExtension)
	if !s.inOrder {
		s.rtt = time.Since(begun) // with what the server takes to start; the limits' answer is better, where there is one
	}
	s.ask(block)
	return s, nil
}

// startError is a channel on which no SFTP session began: the server has ended it, or sends something else. Nothing is known of any file.
type startError struct{ err error }

func (e *startError) Error() string {
	for _, ended := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe} {
		if errors.Is(e.err, ended) {
			return "the server ended the session as it began"
		}
	}
	return "what the server sends is not SFTP"
}

func (e *startError) Unwrap() []error { return []error{ErrLost, e.err} }

func (s *SFTP) has(extension string) bool {
	_, ok := s.client.HasExtension(extension)
	return ok
}

// ask asks for the server's limits, before any other request: what the answer takes is the round trip, whatever else is asked meanwhile.
func (s *SFTP) ask(want int) {
	if !s.has(sftpwire.LimitsExtension) {
		most := plainBlock
		if want > 0 {
			most = max(most, min(want, MaxBlock)) // the server names no limit: the user may know better
		}
		s.settle(want, most)
		return
	}
	begun := time.Now()
	answer := s.wire.AskLimits()
	go func() {
		l, err := answer()
		most := plainBlock
		var refused *sftpwire.StatusError
		switch {
		case err == nil:
			s.limits, most, s.rtt = l, blockWithin(l), time.Since(begun)
		case !errors.As(err, &refused):
			s.unready = s.err("ask for limits of", "", err)
		}
		s.settle(want, most)
	}()
}

// settle settles the block: what the user wants, within what the server takes.
func (s *SFTP) settle(want, most int) {
	s.block = min(most, MaxBlock)
	if want > 0 {
		s.block = min(want, most)
	}
	close(s.known)
}

// Ready waits until the server's limits are known. Its error means that the connection is lost.
func (s *SFTP) Ready() error {
	<-s.known
	return s.unready
}

// blockWithin returns the largest block, in bytes, that reads, writes and their packets allow. The header of a WRITE takes at
// most 4+1+4+4+256+8+4 bytes.
func blockWithin(l sftpwire.Limits) int {
	const header = 1024
	most := uint64(1 << 30)
	for _, limit := range []uint64{l.Read, l.Write} {
		if limit > 0 {
			most = min(most, limit)
		}
	}
	if l.Packet > 0 {
		most = min(most, max(l.Packet, 2*header)-header)
	} else if most == 1<<30 {
		most = MaxBlock
	}
	return int(max(most, 1))
}

// Block is the most bytes that one ReadAt or WriteAt moves on this channel.
func (s *SFTP) Block() int {
	<-s.known
	return s.block
}

// Stalled tells whether the channel gives no sign of life, or leaves a request without an answer, for longer than limit
// while one waits.
func (s *SFTP) Stalled(limit time.Duration) bool { return s.wire.Stalled(limit) }

// Careful tells whether nothing may depend on the order in which the server answers, nor on requests that sftp and scp never make: it is
// not known to be OpenSSH's, or has shown that it needs it.
func (s *SFTP) Careful() bool { return !s.inOrder || s.server.byName.Load() }

// KeepsModes is [Server.KeepsModes].
func (s *SFTP) KeepsModes() bool { return s.server.KeepsModes() }

// CanReplace tells whether the server has posix-rename@openssh.com. One without it may have no rename at all.
func (s *SFTP) CanReplace() bool { return s.posixRename }

// CanSync tells whether the server has fsync@openssh.com.
func (s *SFTP) CanSync() bool { return s.fsync }

// Handles is how many files the server lets one channel hold open, 0 where it does not say.
func (s *SFTP) Handles() int {
	<-s.known
	return int(min(s.limits.Handles, 1<<20))
}

// RTT is what one request took when the channel was opened, 0 where none was made.
func (s *SFTP) RTT() time.Duration {
	<-s.known
	return s.rtt
}

// Close ends the session and every call on it, and waits for its goroutines.
func (s *SFTP) Close() error {
	s.wire.Close() // first: pkg/sftp's Close waits for a request of its own that is being sent
	s.own.wake()
	s.server.opens.wake()
	s.client.Close()
	<-s.known
	return nil
}

// Side implements FS.
func (s *SFTP) Side() string { return s.side }

// Stat implements FS.
func (s *SFTP) Stat(name string) (Info, error) {
	a, err := s.wire.Stat(remote(name))
	return infoOf(bytepath.Base(name), a), s.failed("stat", name, err)
}

// Lstat implements FS.
func (s *SFTP) Lstat(name string) (Info, error) {
	a, err := s.wire.Lstat(remote(name))
	if s.Careful() && unsupported(err) {
		a, err = s.wire.Stat(remote(name))
	}
	return infoOf(bytepath.Base(name), a), s.failed("lstat", name, err)
}

// RealPath implements FS.
func (s *SFTP) RealPath(name string) (string, error) {
	p, err := s.client.RealPath(remote(name))
	if err != nil {
		return "", s.err("resolve", name, err)
	}
	return p, nil
}

// SetAttr implements FS.
func (s *SFTP) SetAttr(name string, a Attr) error {
	return s.failed("set attributes of", name, s.wire.SetStat(remote(name), wireAttrs(a)))
}

// Rename implements FS: posix-rename@openssh.com (OpenSSH PROTOCOL, section 4.3) where the server has it, since the RENAME of
// SFTP version 3 refuses to replace a file.
func (s *SFTP) Rename(oldname, newname string) (bool, error) {
	if s.posixRename {
		err := s.client.PosixRename(remote(oldname), remote(newname))
		return true, s.renameFailed(newname, err)
	}
	err := s.client.Rename(remote(oldname), remote(newname))
	if err == nil {
		return true, nil // nothing was there
	}
	there, lost := s.inTheWay(oldname, newname, err)
	if lost != nil {
		return false, lost
	}
	if !there {
		return false, s.renameFailed(newname, err)
	}
	if err := s.client.Remove(remote(newname)); err != nil {
		return false, s.err("replace", newname, err)
	}
	return false, s.renameFailed(newname, s.client.Rename(remote(oldname), remote(newname)))
}

// inTheWay tells whether a RENAME was refused because of a file that it would have replaced: nothing is removed where
// the new file may not be there to take its place, nor a directory, which Remove would take where it is empty. lost is that
// of a channel that ended before this was known.
func (s *SFTP) inTheWay(oldname, newname string, err error) (there bool, lost error) {
	if !errors.Is(s.reason(err), ErrFailure) {
		return false, nil
	}
	_, err = s.Lstat(oldname)
	var old Info
	if err == nil {
		old, err = s.Lstat(newname)
	}
	if Lost(err) {
		return false, err
	}
	return err == nil && !old.IsDir(), nil
}

// renameFailed finds the commonest reason that SFTP has no code for: a directory is in the way.
func (s *SFTP) renameFailed(newname string, err error) error {
	err = s.failed("rename to", newname, err)
	if errors.Is(err, ErrFailure) {
		if there, lerr := s.Lstat(newname); lerr == nil && there.IsDir() {
			return s.err("rename to", newname, ErrIsDir)
		}
	}
	return err
}

// Remove implements FS.
func (s *SFTP) Remove(name string) error {
	return s.failed("remove", name, s.client.Remove(remote(name)))
}

// Space implements FS by statvfs@openssh.com (OpenSSH PROTOCOL, section 4.4).
func (s *SFTP) Space(name string) (Space, error) {
	if !s.statvfs {
		return Space{}, s.err("ask for the space of", name, ErrUnsupported)
	}
	v, err := s.client.StatVFS(remote(name))
	if err != nil {
		return Space{}, s.err("ask for the space of", name, err)
	}
	return Space{Total: v.Frsize * v.Blocks, Available: v.Frsize * v.Bavail, ReadOnly: v.Flag&statvfsReadOnly != 0,
		Number: v.Fsid}, nil
}

// remote is the name as the server is asked: the empty path is the login directory.
func remote(name string) string {
	if name == "" {
		return "."
	}
	return name
}
