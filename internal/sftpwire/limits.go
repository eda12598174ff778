package sftpwire

// Limits are what a server accepts, in bytes; 0 means that it names no limit.
type Limits struct {
	Packet  uint64
	Read    uint64
	Write   uint64
	Handles uint64 // open at once
}

// LimitsExtension is announced by servers that answer Limits (OpenSSH PROTOCOL, section 4.8).
const LimitsExtension = "limits@openssh.com"

// FsyncExtension is announced by servers that answer Handle.Sync.
const FsyncExtension = "fsync@openssh.com"

// Limits asks for the server's limits; ask only a server that announced LimitsExtension.
func (c *Conn) Limits() (Limits, error) {
	k := newCall(typeExtended, typeExtendedReply).str(LimitsExtension)
	defer k.free()
	if err := c.do(k); err != nil {
		return Limits{}, err
	}
	p := parser{b: k.body}
	l := Limits{p.u64(), p.u64(), p.u64(), p.u64()}
	if p.short {
		return Limits{}, c.broken("a truncated reply to " + LimitsExtension)
	}
	return l, nil
}
