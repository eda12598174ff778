package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// MaxPayload is the most bytes that a record may carry: the job, or a file's two names.
const MaxPayload = 16 << 20

const (
	magic   = "\x89mscp\r\n"
	version = 1
	header  = magic + "\x01"

	typeJob    = 'J'
	typeFile   = 'F'
	typeRange  = 'R'
	typeCommit = 'C'

	crcSize    = 4
	commitSize = 1 + 1 + len(Key{}) + crcSize
	maxKeyed   = len(Key{}) + 2*binary.MaxVarintLen64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends one record to b.
func appendRecord(b []byte, typ byte, payload []byte) []byte {
	start := len(b)
	b = append(b, typ)
	b = binary.AppendUvarint(b, uint64(len(payload)))
	b = append(b, payload...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

func appendCommit(b []byte, k Key) []byte { return appendRecord(b, typeCommit, k[:]) }

func appendRange(b []byte, k Key, off, n int64) []byte {
	var room [maxKeyed]byte
	p := append(room[:0], k[:]...)
	p = binary.AppendUvarint(p, uint64(off))
	p = binary.AppendUvarint(p, uint64(n))
	return appendRecord(b, typeRange, p)
}

// appendBegun appends the record of a begun file, without its ranges.
func appendBegun(b []byte, f *File) []byte {
	p := make([]byte, 0, len(f.Part)+len(f.Src)+maxKeyed)
	p = append(p, f.Key[:]...)
	p = appendName(p, f.Part)
	p = appendName(p, f.Src)
	return appendRecord(b, typeFile, p)
}

// appendFile appends a begun file and its ranges.
func appendFile(b []byte, f *File) []byte {
	b = appendBegun(b, f)
	for off, n := range f.Ranges.All() {
		b = appendRange(b, f.Key, off, n)
	}
	return b
}

func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}

// record is a decoded record; of its fields those of its type are set. Its bytes are valid until the next one is read.
type record struct {
	typ       byte
	job       []byte
	key       Key
	part, src []byte
	off, n    int64
}

// parse decodes a payload; false if it is not exactly what its type asks for.
func parse(typ byte, payload []byte) (record, bool) {
	rec := record{typ: typ}
	d := decoder{rest: payload, ok: true}
	switch typ {
	case typeJob:
		rec.job, d.rest = payload, nil
	case typeCommit:
		rec.key = d.key()
	case typeFile:
		rec.key, rec.part, rec.src = d.key(), d.name(), d.name()
	case typeRange:
		rec.key, rec.off, rec.n = d.key(), int64(d.uvarint()), int64(d.uvarint())
		d.ok = d.ok && valid(rec.off, rec.n)
	default:
		return rec, false
	}
	return rec, d.ok && len(d.rest) == 0
}

// decoder takes a payload apart; ok is false once something was missing.
type decoder struct {
	rest []byte
	ok   bool
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.rest, d.ok = nil, false
		return nil
	}
	p := d.rest[:n]
	d.rest = d.rest[n:]
	return p
}

func (d *decoder) key() (k Key) {
	copy(k[:], d.take(uint64(len(k))))
	return k
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.rest, d.ok = nil, false
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) name() []byte { return d.take(d.uvarint()) }
