package main

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"mscp/internal/progress"
)

// checkSpace returns an error where the file system of dir has less than need bytes free for this user.
func checkSpace(dir string, need int64) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fmt.Errorf("demo: %s: %w", dir, err)
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	if free < need {
		return fmt.Errorf("demo: %s has %s free, the data set and its copies need %s: name another directory "+
			"with --dir, or a smaller --size", dir, progress.FormatBytes(free), progress.FormatBytes(need))
	}
	return nil
}

// byteSize is a flag's value: bytes, with k, m, g or t for powers of 1024.
type byteSize int64

// maxSize leaves room for three copies in an int64.
const maxSize = 1 << 60

func (b *byteSize) Set(text string) error {
	digits, shift := text, 0
	if i := len(text) - 1; i >= 0 {
		if unit := strings.IndexByte("kmgt", text[i]|0x20); unit >= 0 {
			digits, shift = text[:i], 10*(unit+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > maxSize>>shift {
		return fmt.Errorf("%q is no size: give bytes, or a number with k, m, g or t", text)
	}
	*b = byteSize(n << shift)
	return nil
}

func (b *byteSize) String() string { return progress.FormatBytes(int64(*b)) }

// Type is what the help shows for the value.
func (*byteSize) Type() string { return "SIZE" }
