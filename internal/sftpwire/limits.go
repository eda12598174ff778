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

// AskLimits asks for the server's limits, before any request that follows; ask only a server that announced LimitsExtension. It returns
// the function that waits for the answer, which is to be called once.
func (c *Conn) AskLimits() (answer func() (Limits, error)) {
	k := newCall(typeExtended, typeExtendedReply).str(LimitsExtension)
	err := c.send([]*call{k})
	return func() (Limits, error) {
		defer k.free()
		if err == nil {
			err = await([]*call{k})
		}
		if err != nil {
			return Limits{}, err
		}
		return c.limits(k)
	}
}

func (c *Conn) limits(k *call) (Limits, error) {
	p := parser{b: k.body}
	l := Limits{p.u64(), p.u64(), p.u64(), p.u64()}
	if p.short {
		return Limits{}, c.broken("a truncated reply to " + LimitsExtension)
	}
	return l, nil
}
