package journal

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Key identifies one source, in the state that was planned, and where it lands.
type Key [16]byte

// KeyOf returns the first half of a SHA-256 over its arguments. dev and ino are 0 where they are unknown, or
// where they do not last (a device number may change when a file system is mounted anew). size is in bytes.
func KeyOf(src, dst string, size int64, mtime time.Time, dev, ino uint64) Key {
	// Lengths go first and numbers have a fixed width: no two lists of arguments encode alike.
	b := make([]byte, 0, 512)
	b = append(b, "mscp journal key 1\x00"...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(src)))
	b = append(b, src...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(dst)))
	b = append(b, dst...)
	b = binary.BigEndian.AppendUint64(b, uint64(size))
	b = binary.BigEndian.AppendUint64(b, uint64(mtime.Unix())) // UnixNano overflows before 1678 and after 2262
	b = binary.BigEndian.AppendUint32(b, uint32(mtime.Nanosecond()))
	b = binary.BigEndian.AppendUint64(b, dev)
	b = binary.BigEndian.AppendUint64(b, ino)
	sum := sha256.Sum256(b)
	return Key(sum[:16])
}

func compareKeys(a, b Key) int {
	if c := cmp.Compare(binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8])); c != 0 {
		return c
	}
	return cmp.Compare(binary.BigEndian.Uint64(a[8:]), binary.BigEndian.Uint64(b[8:]))
}
