package fsys

import (
	"errors"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/sftpwire"
)

// sftpFile is an open file on a server.
type sftpFile struct {
	s    *SFTP
	name string
	h    *sftpwire.Handle

	left atomic.Bool // it takes no room any more
}

// Open implements FS.
func (s *SFTP) Open(name string) (File, error) {
	return s.open("open", name, sftpwire.OpenRead, sftpwire.Attrs{})
}

// Create implements FS.
func (s *SFTP) Create(name string, perm fs.FileMode, truncate bool) (File, error) {
	if s.Careful() && !truncate {
		return s.createKnown(name, perm)
	}
	flags := uint32(sftpwire.OpenWrite | sftpwire.OpenCreat)
	if truncate {
		flags |= sftpwire.OpenTrunc
	}
	return s.open("create", name, flags, permissions(perm))
}

// createKnown is Create without truncation by combinations of flags that all servers know: what is there is opened for reading and
// writing, or where it may not be read, with WRITE and CREAT.
func (s *SFTP) createKnown(name string, perm fs.FileMode) (File, error) {
	f, err := s.Make(name, perm)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if f, err = s.Edit(name); err == nil || Lost(err) {
		return f, err
	}
	return s.open("create", name, sftpwire.OpenWrite|sftpwire.OpenCreat, permissions(perm))
}

// Edit implements FS.
func (s *SFTP) Edit(name string) (File, error) {
	return s.open("open", name, sftpwire.OpenRead|sftpwire.OpenWrite, sftpwire.Attrs{})
}

func (s *SFTP) open(op, name string, flags uint32, a sftpwire.Attrs) (File, error) {
	h, err := s.take(name, func() (*sftpwire.Handle, error) { return s.wire.Open(remote(name), flags, a) })
	if err != nil {
		return nil, s.err(op, name, err)
	}
	return &sftpFile{s: s, name: name, h: h}, nil
}

// ReadAt asks again for what a short read left out: a server may answer with less at any time, and only SSH_FX_EOF
// means that the file ends.
func (f *sftpFile) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		m, err := f.h.ReadAt(p[n:], off+int64(n))
		n += m
		if err == nil && m == 0 {
			err = &sftpwire.ProtocolError{What: "a read returned nothing, but no end of file"}
		}
		if err != nil {
			return n, f.failed("read", err)
		}
	}
	return n, nil
}

func (f *sftpFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.h.WriteAt(p, off)
	return n, f.failed("write", err)
}

// ReadLast implements LastReader. A careful reader asks one thing after the other: some servers carry out a CLOSE before the READ that
// came first.
func (f *sftpFile) ReadLast(p []byte, off int64) (int, Info, error) {
	defer f.Beside()
	if f.s.Careful() {
		return f.readAlone(p, off)
	}
	n, a, statErr, err := f.h.ReadClose(p, off)
	if statErr != nil {
		var info Info
		info, statErr = f.s.byName(statErr, func() (i Info, err error) { return f.s.Stat(f.name) })
		if err == nil || err == io.EOF && statErr != nil {
			err = statErr
		}
		return n, info, f.failed("read", err)
	}
	return n, infoOf(bytepath.Base(f.name), a), f.failed("read", err)
}

// readAlone is ReadLast with one request at a time. The STAT comes last, so that it sees what has changed until then.
func (f *sftpFile) readAlone(p []byte, off int64) (int, Info, error) {
	n, err := f.ReadAt(p, off)
	if cerr := f.Close(); Lost(cerr) || errors.Is(cerr, ErrShared) {
		err = cerr
	}
	if err != nil && err != io.EOF {
		return n, Info{}, err
	}
	now, serr := f.s.Stat(f.name)
	if serr != nil {
		err = serr
	}
	return n, now, err
}

// WriteLast implements LastWriter. Requests on one file are to take effect in their order (draft-ietf-secsh-filexfer-02,
// section 6.1), but other servers than OpenSSH's let a WRITE, an FSETSTAT and a CLOSE overtake each other.
func (f *sftpFile) WriteLast(p []byte, off int64, a Attr) (attrErr, err error) {
	defer f.Beside()
	if f.s.Careful() {
		return f.writeAlone(p, off, a)
	}
	attrErr, err = f.h.WriteClose(p, off, wireAttrs(a))
	if err == nil && attrErr != nil {
		_, attrErr = f.s.byName(attrErr, func() (Info, error) { return Info{}, f.s.wire.SetStat(remote(f.name), wireAttrs(a)) })
	}
	return f.failed("set attributes of", attrErr), f.failed("write", err)
}

// writeAlone is WriteLast with one request at a time.
func (f *sftpFile) writeAlone(p []byte, off int64, a Attr) (attrErr, err error) {
	_, err = f.WriteAt(p, off)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && a != (Attr{}) {
		attrErr = f.s.SetAttr(f.name, a)
	}
	return attrErr, err
}

// Stat asks by name where a server may not know FSTAT.
func (f *sftpFile) Stat() (Info, error) {
	if f.s.Careful() {
		return f.s.Stat(f.name)
	}
	a, err := f.h.Stat()
	if err == nil {
		return infoOf(bytepath.Base(f.name), a), nil
	}
	i, err := f.s.byName(err, func() (Info, error) { return f.s.Stat(f.name) })
	return i, f.failed("stat", err)
}

// Truncate sets the size, by name where a server may not know FSETSTAT.
func (f *sftpFile) Truncate(size int64) error {
	return f.setStat("truncate", sftpwire.Attrs{Flags: sftpwire.AttrSize, Size: uint64(size)})
}

func (f *sftpFile) SetAttr(a Attr) error { return f.setStat("set attributes of", wireAttrs(a)) }

func (f *sftpFile) setStat(op string, a sftpwire.Attrs) error {
	set := func() (Info, error) { return Info{}, f.s.wire.SetStat(remote(f.name), a) }
	if f.s.Careful() {
		_, err := set()
		return f.failed(op, err)
	}
	err := f.h.SetStat(a)
	if err != nil {
		_, err = f.s.byName(err, set)
	}
	return f.failed(op, err)
}

// byName tries by name what was refused by handle. Where that works, everything is done so from then on; where it does not, the server
// is right to refuse, and is not asked a second time again.
func (s *SFTP) byName(err error, try func() (Info, error)) (Info, error) {
	var st *sftpwire.StatusError
	if !errors.As(err, &st) || st.Code == sftpwire.StatusPermissionDenied || s.server.byBoth.Load() {
		return Info{}, err
	}
	i, nerr := try()
	if nerr == nil {
		s.server.byName.Store(true)
		return i, nil
	}
	s.server.byBoth.Store(true)
	return Info{}, err
}

func (f *sftpFile) Sync() error {
	if !f.s.fsync {
		return f.failed("sync", ErrUnsupported)
	}
	err := f.h.Sync()
	var refused *sftpwire.StatusError
	if errors.As(err, &refused) && refused.Code == sftpwire.StatusBadMessage { // EINVAL: see statusReason
		err = ErrUnsupported
	}
	return f.failed("sync", err)
}

func (f *sftpFile) Close() error {
	defer f.Beside()
	return f.failed("close", f.h.Close())
}

// Beside lets another file be opened while this one is, by whoever has this one open and would wait for itself.
func (f *sftpFile) Beside() {
	if f.left.CompareAndSwap(false, true) {
		f.s.leave()
	}
}

// failed leaves nil and io.EOF as they are.
func (f *sftpFile) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	return f.s.failed(op, f.name, err)
}

func permissions(mode fs.FileMode) sftpwire.Attrs {
	return sftpwire.Attrs{Flags: sftpwire.AttrPermissions, Mode: unixMode(mode)}
}

func wireAttrs(a Attr) (w sftpwire.Attrs) {
	if a.Mode != nil {
		w = permissions(*a.Mode)
	}
	if a.Times != nil {
		w.Flags |= sftpwire.AttrTimes
		w.Atime, w.Mtime = seconds(a.Times.Access), seconds(a.Times.Mod)
	}
	return w
}

// seconds is a time as SFTP version 3 has it: unsigned seconds, from 1970 to 2106.
func seconds(t time.Time) uint32 {
	return uint32(max(0, min(t.Unix(), 1<<32-1)))
}

// unknownMode is assumed where a server tells no permissions: a regular file, as OpenSSH assumes too, but one that only its
// owner may write.
const unknownMode = 0o644

// infoOf makes an Info of wire attributes.
func infoOf(name string, a sftpwire.Attrs) Info {
	i := Info{Name: name, Size: int64(min(a.Size, 1<<63-1)), Mode: unknownMode}
	if i.ModeUnknown = a.Flags&sftpwire.AttrPermissions == 0; !i.ModeUnknown {
		i.Mode = fileMode(a.Mode)
	}
	if a.Flags&sftpwire.AttrTimes != 0 {
		i.ModTime, i.Access = time.Unix(int64(a.Mtime), 0), time.Unix(int64(a.Atime), 0)
	}
	return i
}
