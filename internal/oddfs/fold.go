//go:build linux

package oddfs

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// FoldCase makes names equal that differ in upper and lower case, as on exFAT, NTFS, CIFS and macOS.
func FoldCase(name string) string { return strings.ToLower(name) }

// FoldForm makes names equal that differ in Unicode's composed and decomposed form (NFC and NFD), as on macOS and in ZFS with
// normalization.
func FoldForm(name string) string { return norm.NFC.String(name) }
