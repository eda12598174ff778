package sshserver

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"mscp/internal/bytepath"
)

// DefaultLimits returns those of OpenSSH's sftp-server (PROTOCOL, section 4.8), whatever the number of handles.
func DefaultLimits() Limits {
	return Limits{Packet: maxPacket, Read: maxPacket - 1024, Write: maxPacket - 1024}
}

// Limits is the answer to limits@openssh.com, in bytes; a zero means that there is no known limit.
type Limits struct{ Packet, Read, Write, Handles uint64 }

// openSSH is the last of the chain: what OpenSSH's sftp-server does and pkg/sftp's server does not.
type openSSH struct{}

// wants says which requests Request must see even where no fault is at work.
func (openSSH) wants(k Kind) bool {
	switch k {
	case Init, Open, Opendir, Close, Realpath, Extended, Mkdir, Rename:
		return true
	}
	return false
}

func (openSSH) Request(c *Call) Action {
	switch {
	case c.Kind == Realpath:
		return realpath(c)
	case c.Kind == Mkdir:
		return mkdir(c)
	case c.Kind == Rename:
		c.Request = NewPacket(Extended, c.ID).AddString(ExtHardlink).AddString(c.Path).AddString(c.Target)
	case c.Ext == ExtLimits:
		return DefaultLimits().answer(c)
	case c.Ext == ExtFsync:
		return beforeSync(c)
	case c.Ext == ExtLSetstat:
		return lsetstat(c)
	case c.Ext == ExtStatVFS: // pkg/sftp takes a relative path from the process's directory, not from Home
		c.Request = NewPacket(Extended, c.ID).AddString(ExtStatVFS).AddString(c.Path)
	}
	return Pass
}

func (openSSH) Reply(c *Call) Action {
	switch {
	case c.Kind == Init && c.Reply.Kind() == Version:
		c.Reply = c.Reply.AddString(ExtLimits).AddString("1").AddString(ExtFsync).AddString("1").
			AddString(ExtLSetstat).AddString("1")
	case c.Kind == Rename:
		linked(c)
	case c.Ext == ExtFsync:
		return syncNow(c)
	}
	return Pass
}

func (l Limits) answer(c *Call) Action {
	c.Reply = NewPacket(ExtendedReply, c.ID).
		AddUint64(l.Packet).AddUint64(l.Read).AddUint64(l.Write).AddUint64(l.Handles)
	return Answer
}

// beforeSync sends the server an FSTAT in the place of the fsync request: pkg/sftp replies in the order of the
// requests, so when the FSTAT's reply comes every WRITE before it has been carried out.
func beforeSync(c *Call) Action {
	c.Request = NewPacket(Fstat, c.ID).AddString(c.Handle)
	return Pass
}

// syncNow answers fsync@openssh.com. It opens the file a second time: fsync(2) flushes the file, not the descriptor.
func syncNow(c *Call) Action {
	if c.Reply.Kind() != Attrs {
		return Pass // the handle is unknown
	}
	f, err := os.OpenFile(c.Path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(c.Path)
	}
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	c.Status(codeOf(err))
	return Pass
}

// lsetstat is a SETSTAT that does not follow links; here it changes none.
func lsetstat(c *Call) Action {
	if i, err := os.Lstat(c.Path); err != nil {
		return c.Status(codeOf(err))
	} else if i.Mode()&fs.ModeSymlink != 0 {
		return c.Status(OpUnsupported)
	}
	r := c.Request.reader()
	r.string()
	r.string()
	c.Request = append(NewPacket(Setstat, c.ID).AddString(c.Path), r.b...).sized()
	return Pass
}

// realpath resolves symbolic links as sftp-server does; pkg/sftp only cleans the path. The last component need not exist.
func realpath(c *Call) Action {
	path, err := filepath.EvalSymlinks(c.Path)
	if errors.Is(err, fs.ErrNotExist) {
		var parent string
		parent, err = filepath.EvalSymlinks(bytepath.Dir(c.Path))
		path = bytepath.Join(parent, bytepath.Base(c.Path))
	}
	if err != nil {
		return c.Status(codeOf(err))
	}
	c.Reply = NewPacket(Name, c.ID).AddUint32(1).AddString(path).AddString(path).AddUint32(0)
	return Answer
}

// mkdir makes a directory with the mode that the client asks for, less the umask; pkg/sftp ignores it.
func mkdir(c *Call) Action {
	mode := fs.FileMode(0o777)
	r := c.Request.reader()
	r.string()
	if _, perm := r.attrs(); perm != nil {
		mode = fs.FileMode(binary.BigEndian.Uint32(perm)) & fs.ModePerm
	}
	return c.Status(codeOf(os.Mkdir(c.Path, mode)))
}

// linked is the second half of a RENAME, which must not replace a file (section 6.5 of the draft) as pkg/sftp's does.
// sftp-server's way is to link, then to unlink the old name; what cannot be linked is renamed where the name is free.
func linked(c *Call) {
	if c.Reply.Kind() == Status && Code(c.Reply.reader().uint32()) == OK {
		c.Status(codeOf(os.Remove(c.Path)))
		return
	}
	if _, err := os.Lstat(c.Target); !errors.Is(err, fs.ErrNotExist) {
		c.Status(Failure)
		return
	}
	c.Status(codeOf(os.Rename(c.Path, c.Target)))
}

func codeOf(err error) Code {
	switch {
	case err == nil:
		return OK
	case errors.Is(err, fs.ErrNotExist):
		return NoSuchFile
	case errors.Is(err, fs.ErrPermission):
		return PermissionDenied
	}
	return Failure
}
