package main

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"mscp/internal/units"
)

// byteSize is a flag's value: bytes, with k, m, g or t for powers of 1024.
type byteSize int64

// maxSize leaves room for three copies in an int64.
const maxSize = 1 << 60

// Set implements pflag.Value.
func (b *byteSize) Set(text string) error {
	text = strings.TrimSuffix(text, "iB")
	digits, shift := text, 0
	if i := len(text) - 1; i >= 0 {
		if unit := strings.IndexByte("kmgt", text[i]|0x20); unit >= 0 {
			digits, shift = text[:i], 10*(unit+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > maxSize>>shift {
		return fmt.Errorf("%q is not a size: give bytes, or a number with k, m, g or t (powers of 1024)", text)
	}
	*b = byteSize(n << shift)
	return nil
}

// String implements pflag.Value: what Set reads. Nothing for the default, which the help tells in words.
func (b *byteSize) String() string {
	if *b == 0 {
		return ""
	}
	n, unit := int64(*b), ""
	for _, u := range []string{"k", "m", "g", "t"} {
		if n%1024 != 0 {
			break
		}
		n, unit = n/1024, u
	}
	return strconv.FormatInt(n, 10) + unit
}

// Type is what the help shows for the value.
func (*byteSize) Type() string { return "SIZE" }

// sizeList is a flag's value: sizes with commas between them.
type sizeList []byteSize

// Set implements pflag.Value.
func (l *sizeList) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		var b byteSize
		if err := b.Set(part); err != nil {
			return err
		}
		*l = append(*l, b)
	}
	return nil
}

// String implements pflag.Value.
func (l *sizeList) String() string {
	var parts []string
	for _, b := range *l {
		parts = append(parts, b.String())
	}
	return strings.Join(parts, ",")
}

// Type is what the help shows for the value.
func (*sizeList) Type() string { return "LIST" }

// bitRate is a flag's value: bit/s, with k, m or g for powers of 1000.
type bitRate int64

// Set implements pflag.Value.
func (r *bitRate) Set(text string) error {
	text = trimBits(text)
	digits, unit := text, 1.0
	if i := len(text) - 1; i >= 0 {
		if k := strings.IndexByte("kmgt", text[i]|0x20); k >= 0 {
			digits, unit = text[:i], []float64{1e3, 1e6, 1e9, 1e12}[k]
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n*unit >= 8) || n*unit > 1e18 {
		return fmt.Errorf("%q is not a rate: give bit/s, or a number with k, m or g, at least 8", text)
	}
	*r = bitRate(n * unit)
	return nil
}

// trimBits takes off the words for bit/s, in which a rate is anyway.
func trimBits(text string) string {
	for _, unit := range []string{"bit/s", "bits/s", "bps", "bit", "bits"} {
		if number, ok := strings.CutSuffix(strings.ToLower(text), unit); ok {
			return number
		}
	}
	return text
}

// String implements pflag.Value.
func (r *bitRate) String() string {
	if *r == 0 {
		return ""
	}
	return units.Bits(float64(*r))
}

// Type is what the help shows for the value.
func (*bitRate) Type() string { return "RATE" }

// seconds is a flag's value: a time in seconds, or with a unit.
type seconds time.Duration

// Set implements pflag.Value.
func (s *seconds) Set(text string) error {
	d, ok := units.ParseDuration(text)
	if !ok {
		return fmt.Errorf("%q is not a time: give seconds, or a number with a unit (500ms, 3s, 10m, 1h)", text)
	}
	*s = seconds(d)
	return nil
}

// String implements pflag.Value.
func (s *seconds) String() string {
	if *s == 0 {
		return ""
	}
	text := time.Duration(*s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// Type is what the help shows for the value.
func (*seconds) Type() string { return "SECONDS" }

// cpuMask is a flag's value: bit N of a hexadecimal number stands for CPU N.
type cpuMask []int

// Set implements pflag.Value.
func (m *cpuMask) Set(text string) error {
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "0x"), "0X")
	*m = nil
	for i := len(digits) - 1; i >= 0; i-- {
		nibble, err := strconv.ParseUint(digits[i:i+1], 16, 4)
		if err != nil {
			return fmt.Errorf("%q is not a hexadecimal mask", text)
		}
		for ; nibble != 0; nibble &= nibble - 1 {
			*m = append(*m, 4*(len(digits)-1-i)+bits.TrailingZeros64(nibble))
		}
	}
	if len(*m) == 0 {
		return errors.New("the mask names no CPU")
	}
	return nil
}

// String implements pflag.Value.
func (m *cpuMask) String() string {
	if len(*m) == 0 {
		return ""
	}
	return fmt.Sprint([]int(*m))
}

// Type is what the help shows for the value.
func (*cpuMask) Type() string { return "HEX" }

// verifyMode is a flag's value: how copies are compared.
type verifyMode string

const (
	verifyOff      verifyMode = ""
	verifyAuto     verifyMode = "auto"     // by a command on the server where that works, else readback
	verifyCommand  verifyMode = "command"  // by a command, or not at all
	verifyReadback verifyMode = "readback" // over SFTP
)

// Set implements pflag.Value.
func (v *verifyMode) Set(text string) error {
	switch m := verifyMode(text); m {
	case verifyAuto, verifyCommand, verifyReadback:
		*v = m
		return nil
	}
	return fmt.Errorf("%q is not auto, command or readback", text)
}

// String implements pflag.Value.
func (v *verifyMode) String() string { return string(*v) }

// Type is what the help shows for the value.
func (*verifyMode) Type() string { return "HOW" }
