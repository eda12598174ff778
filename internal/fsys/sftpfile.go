package fsys

import (
	"io"
	"io/fs"
	"time"

	"mscp/internal/bytepath"
	"mscp/internal/sftpwire"
)

// sftpFile is an open file on a server.
type sftpFile struct {
	s    *SFTP
	name string
	h    *sftpwire.Handle
}

// Open implements FS.
func (s *SFTP) Open(name string) (File, error) {
	return s.open("open", name, sftpwire.OpenRead, sftpwire.Attrs{})
}

// Create implements FS.
func (s *SFTP) Create(name string, perm fs.FileMode, truncate bool) (File, error) {
	flags := uint32(sftpwire.OpenWrite | sftpwire.OpenCreat)
	if truncate {
		flags |= sftpwire.OpenTrunc
	}
	return s.open("create", name, flags, permissions(perm))
}

// Edit implements FS.
func (s *SFTP) Edit(name string) (File, error) {
	return s.open("open", name, sftpwire.OpenRead|sftpwire.OpenWrite, sftpwire.Attrs{})
}

func (s *SFTP) open(op, name string, flags uint32, a sftpwire.Attrs) (File, error) {
	h, err := s.wire.Open(remote(name), flags, a)
	if err != nil {
		return nil, s.err(op, name, err)
	}
	return &sftpFile{s, name, h}, nil
}

// ReadAt asks again for what a short read left out: a server may answer with less at any time, and only SSH_FX_EOF
// means that the file ends.
func (f *sftpFile) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		m, err := f.h.ReadAt(p[n:], off+int64(n))
		n += m
		if err == nil && m == 0 {
			err = &sftpwire.ProtocolError{What: "a read that returns nothing, and no end of file"}
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

// ReadLast implements LastReader.
func (f *sftpFile) ReadLast(p []byte, off int64) (int, Info, error) {
	n, a, err := f.h.ReadClose(p, off)
	return n, infoOf(bytepath.Base(f.name), a), f.failed("read", err)
}

// WriteLast implements LastWriter. Requests on one file are to take effect in their order (draft-ietf-secsh-filexfer-02,
// section 6.1), but servers made of pkg/sftp's let a WRITE overtake an FSETSTAT or be overtaken: then the file gets the time
// of the write. Where the server is not known to keep the order, times are set when the write is acknowledged.
func (f *sftpFile) WriteLast(p []byte, off int64, a Attr) (attrErr, err error) {
	attrs := wireAttrs(a)
	attrs.Flags, attrs.Size = attrs.Flags|sftpwire.AttrSize, uint64(off)+uint64(len(p))
	if a.Times == nil || f.s.inOrder {
		attrErr, err = f.h.WriteClose(p, off, attrs)
	} else if _, err = f.h.WriteAt(p, off); err == nil {
		attrErr, err = f.h.SetStatClose(attrs)
	} else {
		f.h.Close()
	}
	return f.failed("set attributes of", attrErr), f.failed("write", err)
}

func (f *sftpFile) Stat() (Info, error) {
	a, err := f.h.Stat()
	return infoOf(bytepath.Base(f.name), a), f.failed("stat", err)
}

func (f *sftpFile) Truncate(size int64) error {
	return f.failed("truncate", f.h.SetStat(sftpwire.Attrs{Flags: sftpwire.AttrSize, Size: uint64(size)}))
}

func (f *sftpFile) SetAttr(a Attr) error {
	return f.failed("set attributes of", f.h.SetStat(wireAttrs(a)))
}

func (f *sftpFile) Sync() error {
	if !f.s.fsync {
		return f.failed("sync", ErrUnsupported)
	}
	return f.failed("sync", f.h.Sync())
}

func (f *sftpFile) Close() error { return f.failed("close", f.h.Close()) }

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
