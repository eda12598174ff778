package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
)

// errTorn marks the end of what can be read; it never leaves the package.
var errTorn = errors.New("torn record")

// scan calls fn for each record up to the first that is torn or corrupt, and returns the offset behind the last
// good one. The header has been checked. An error is one of reading: it says nothing of the records.
func scan(r io.ReaderAt, size int64, fn func(record)) (end int64, err error) {
	end = int64(len(header))
	if size < end {
		return 0, nil
	}
	s := scanner{r: bufio.NewReaderSize(io.NewSectionReader(r, end, size-end), 64<<10), left: size - end}
	for first := true; s.left > 0; first = false {
		rec, err := s.next()
		if err == nil && (rec.typ == typeJob) != first {
			err = errTorn
		}
		if errors.Is(err, errTorn) {
			break
		}
		if err != nil {
			return end, err
		}
		fn(rec)
		end = size - s.left
	}
	return end, nil
}

// scanner reads records. left, the bytes that are still to come, bounds what it allocates.
type scanner struct {
	r    *bufio.Reader
	left int64
	buf  []byte
}

func (s *scanner) next() (record, error) {
	s.buf = s.buf[:0]
	typ, err := s.byte()
	if err != nil {
		return record{}, err
	}
	length, err := s.length()
	if err != nil {
		return record{}, err
	}
	if length > MaxPayload {
		return record{}, errTorn
	}
	head := len(s.buf)
	if err := s.fill(int(length) + crcSize); err != nil {
		return record{}, err
	}
	body := len(s.buf) - crcSize
	if crc32.Checksum(s.buf[:body], castagnoli) != binary.LittleEndian.Uint32(s.buf[body:]) {
		return record{}, errTorn
	}
	rec, ok := parse(typ, s.buf[head:body])
	if !ok {
		return record{}, errTorn
	}
	return rec, nil
}

// length reads a Uvarint of at most five bytes, which is more than MaxPayload needs.
func (s *scanner) length() (uint64, error) {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		c, err := s.byte()
		if err != nil {
			return 0, err
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, nil
		}
	}
	return 0, errTorn
}

func (s *scanner) byte() (byte, error) {
	if err := s.fill(1); err != nil {
		return 0, err
	}
	return s.buf[len(s.buf)-1], nil
}

// fill reads n more bytes to the end of buf.
func (s *scanner) fill(n int) error {
	if int64(n) > s.left {
		return errTorn
	}
	start := len(s.buf)
	s.buf = slices.Grow(s.buf, n)[:start+n]
	_, err := io.ReadFull(s.r, s.buf[start:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn // the file has shrunk meanwhile
	}
	s.left -= int64(n)
	return err
}
