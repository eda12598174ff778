package sftpwire

import "encoding/binary"

// Which fields of Attrs are there (draft-ietf-secsh-filexfer-02, section 5).
const (
	AttrSize        = 0x1
	AttrUIDGID      = 0x2
	AttrPermissions = 0x4
	AttrTimes       = 0x8
	attrExtended    = 0x80000000
)

// Attrs are a file's attributes; Flags says which of them are set.
type Attrs struct {
	Flags        uint32
	Size         uint64 // bytes
	UID, GID     uint32
	Mode         uint32 // POSIX st_mode: type and permissions
	Atime, Mtime uint32 // seconds since 1970, unsigned: until 2106
}

func (k *call) attrs(a Attrs) *call {
	k.u32(a.Flags)
	if a.Flags&AttrSize != 0 {
		k.u64(a.Size)
	}
	if a.Flags&AttrUIDGID != 0 {
		k.u32(a.UID).u32(a.GID)
	}
	if a.Flags&AttrPermissions != 0 {
		k.u32(a.Mode)
	}
	if a.Flags&AttrTimes != 0 {
		k.u32(a.Atime).u32(a.Mtime)
	}
	return k
}

// parser takes fields off a reply; short is set once one is missing, and all later ones are zero.
type parser struct {
	b     []byte
	short bool
}

func (p *parser) take(n int) []byte {
	if p.short || n > len(p.b) {
		p.short, p.b = true, nil
		return nil
	}
	f := p.b[:n]
	p.b = p.b[n:]
	return f
}

func (p *parser) u32() uint32 {
	if f := p.take(4); f != nil {
		return binary.BigEndian.Uint32(f)
	}
	return 0
}

func (p *parser) u64() uint64 {
	if f := p.take(8); f != nil {
		return binary.BigEndian.Uint64(f)
	}
	return 0
}

func (p *parser) bytes() []byte {
	n := p.u32()
	if n > uint32(len(p.b)) {
		p.short, p.b = true, nil
		return nil
	}
	return p.take(int(n))
}

func (p *parser) attrs() (a Attrs) {
	a.Flags = p.u32()
	if a.Flags&AttrSize != 0 {
		a.Size = p.u64()
	}
	if a.Flags&AttrUIDGID != 0 {
		a.UID, a.GID = p.u32(), p.u32()
	}
	if a.Flags&AttrPermissions != 0 {
		a.Mode = p.u32()
	}
	if a.Flags&AttrTimes != 0 {
		a.Atime, a.Mtime = p.u32(), p.u32()
	}
	if a.Flags&attrExtended != 0 {
		for n := p.u32(); n > 0 && !p.short; n-- {
			p.bytes() // type
			p.bytes() // data
		}
	}
	return a
}
