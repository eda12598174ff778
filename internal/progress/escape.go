package progress

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape returns text that is safe to show on a terminal, for messages that hold words of another machine. Control
// characters, invisible ones, those that change the direction of writing, and bytes that are not UTF-8
// are written as \xNN (a byte) or \uNNNN (a character); everything else stays as it is. See [Quote] for names.
func Escape(text string) string {
	return escape(text, "")
}

// Quote returns a name in double quotes, escaped as by [Escape], with \" and \\ for quotes and backslashes. Two names
// never look the same (but for letters that do), and strconv.Unquote returns the name.
func Quote(name string) string {
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
		switch {
		case r == utf8.RuneError && size == 1, r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case hidden(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case hidden(r):
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
	return utf8.ValidString(text) && !strings.ContainsFunc(text, hidden) && !strings.ContainsAny(text, marked)
}

// hidden reports whether r acts on the terminal or on its neighbours instead of being seen: C0, DEL, C1 (U+009B begins a
// control sequence as ESC [ does), format characters (bidirectional overrides and isolates, zero-width joiners, tags), and
// the separators of lines and paragraphs.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
