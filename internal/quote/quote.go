// Package quote makes words of other machines and users safe to show on a terminal. Go's %q does too, but it writes blanks
// that are common in East Asian names, such as U+3000, as numbers.
package quote

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns text that is safe to show on a terminal, for messages that hold words of another machine. Control
// characters, invisible ones, those that change the direction of writing, and bytes that are not UTF-8
// are written as \xNN (a byte) or \uNNNN (a character); everything else stays as it is. See [Name] for names.
func Text(text string) string {
	return escape(text, "")
}

// Name returns a name in double quotes, escaped as by [Text], with \" and \\ for quotes and backslashes. Two names
// never look the same (but for letters that do), and strconv.Unquote returns the name.
func Name(name string) string {
	return `"` + escape(name, `"\`) + `"`
}

// escape also puts a backslash before each character of marked.
func escape(text, marked string) string {
	if plain(text, marked) {
		return text
	}
	var b strings.Builder
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		switch letter := strings.IndexRune("\a\b\f\n\r\t\v", r); {
		case marked != "" && letter >= 0: // as strconv.Quote
			b.WriteString(`\` + "abfnrtv"[letter:letter+1])
		case r == utf8.RuneError && size == 1, r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case Hidden(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case Hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case strings.ContainsRune(marked, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(text, marked string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, Hidden) && !strings.ContainsAny(text, marked)
}

// Hidden reports whether r acts on the terminal or on its neighbours instead of being seen: C0, DEL, C1 (U+009B begins a
// control sequence as ESC [ does), format characters (bidirectional overrides and isolates, zero-width joiners, tags), and
// the separators of lines and paragraphs.
func Hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
