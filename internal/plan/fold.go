package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Folding is what a directory of the destination makes one name of.
type Folding struct {
	Forms bool // upper and lower case, composed and decomposed characters, dots and spaces at the end
	Lossy bool // characters that it does not take, or bytes that are no UTF-8: it replaces them
}

// FoldError is a source whose name is, on the destination, that of another source.
type FoldError struct {
	Name  string // not copied
	First string // copied under that name
}

func (e *FoldError) Error() string {
	format := "%q and %q are one name on the destination"
	if norm.NFC.String(e.Name) == norm.NFC.String(e.First) { // they look the same
		format = "%+q and %+q are one name on the destination"
	}
	return fmt.Sprintf(format, e.Name, e.First)
}

// formKey is equal for all names that a file system with Forms may take for one. It is equal for more than any single file system does:
// equal keys are a reason to ask.
func formKey(name string) string {
	key := name
	if !isASCII(name) {
		key = norm.NFKD.String(cases.Fold().String(norm.NFKD.String(name)))
		key = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Variation_Selector) { // ignored by HFS+ and by ext4's casefold
				return -1
			}
			return r
		}, key)
	}
	return strings.ToLower(strings.TrimRight(key, ". "))
}

// lossyKey is equal for all names that a file system with Lossy may take for one: "" for a name that none replaces anything in.
func lossyKey(name string) string {
	if !strings.ContainsFunc(name, replaced) {
		return ""
	}
	var key strings.Builder
	last := false
	for _, r := range name {
		odd := replaced(r)
		switch {
		case !odd:
			key.WriteRune(unicode.ToLower(r))
		case !last: // one character may become several, or several bytes one
			key.WriteByte('?')
		}
		last = odd
	}
	return strings.TrimRight(key.String(), ". ")
}

// replaced tells a character that some server or file system replaces by another one.
func replaced(r rune) bool {
	switch r {
	case '"', '*', ':', '<', '>', '?', '\\', '|':
		return true
	}
	return r < ' ' || r > '~'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
