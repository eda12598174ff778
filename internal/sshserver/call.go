package sshserver

import "encoding/binary"

// Call is a request and, once there is one, its reply.
type Call struct {
	Kind   Kind
	ID     uint32
	Ext    string // EXTENDED: the extension's name
	Path   string // of the request, or the one that its handle was opened with; absolute
	Target string // RENAME, posix-rename, hardlink: the new name, absolute
	Handle string
	Offset uint64 // READ, WRITE
	Length uint32 // READ: bytes asked for; WRITE: bytes carried

	// Request is what goes to the server. It is valid while the faults' Request run only.
	Request Packet
	// Reply is what goes to the client. It is valid while the faults' Reply run only, unless the call is held.
	Reply Packet

	asked string // the handle as the client has it, where a fault puts another one in its place

	from *filter // the channel: handles are known by it and their name
}

// SetLength changes how many bytes a READ asks for.
func (c *Call) SetLength(n uint32) {
	c.Length = n
	binary.BigEndian.PutUint32(c.Request[len(c.Request)-4:], n)
}

// Status makes the reply a STATUS.
func (c *Call) Status(code Code) Action {
	c.Reply = NewPacket(Status, c.ID).AddUint32(uint32(code)).AddString(code.String()).AddString("")
	return Answer
}

// Data makes the reply a DATA.
func (c *Call) Data(b []byte) Action {
	c.Reply = NewPacket(Data, c.ID).AddBytes(b)
	return Answer
}

// parse fills the call's fields from its request. A malformed request leaves them empty; the server refuses it.
func (c *Call) parse(abs func(string) string, paths map[string]string) {
	r := c.Request.reader()
	switch c.Kind {
	case Close, Read, Write, Fstat, Fsetstat, Readdir:
		c.Handle = r.string()
	case Init:
		return
	case Extended:
		c.Ext = r.string()
		if c.Ext == ExtFsync {
			c.Handle = r.string()
			break
		}
		c.Path = abs(r.string())
		if c.Ext == ExtPosixRename || c.Ext == ExtHardlink {
			c.Target = abs(r.string())
		}
	case Rename:
		c.Path, c.Target = abs(r.string()), abs(r.string())
	default:
		c.Path = abs(r.string())
	}
	if c.Handle != "" {
		c.Path = paths[c.Handle]
	}
	if c.Kind == Read || c.Kind == Write {
		c.Offset, c.Length = r.uint64(), r.uint32()
	}
}
