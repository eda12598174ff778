package quote

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		`a "plain" \ text`:     `a "plain" \ text`,
		"日本語\u3000名前.txt":      "日本語\u3000名前.txt",
		"\ufffd":               "\ufffd",
		"\x1b[31mred\x1b[0m":   `\x1b[31mred\x1b[0m`,
		"a\nb\r\tc\x00\x7f":    `a\x0ab\x0d\x09c\x00\x7f`,
		"\u009b31m":            `\u009b31m`,
		"\x9b31m":              `\x9b31m`,
		"\xff\xc3(":            `\xff\xc3(`,
		"photo\u202egpj.exe":   `photo\u202egpj.exe`,
		"\u2066x\u2069":        `\u2066x\u2069`,
		"a\u2028b\u2029":       `a\u2028b\u2029`,
		"zero\u200bwidth":      `zero\u200bwidth`,
		"tag\U000e0041":        `tag\U000e0041`,
		"\ufeffbyte order":     `\ufeffbyte order`,
		"\xed\xa0\x80":         `\xed\xa0\x80`, // a surrogate is not UTF-8
		"\xf0\x9f\x98\x80\xf0": "\xf0\x9f\x98\x80" + `\xf0`,
	} {
		require.Equal(t, want, Text(text))
	}
}

// Blanks are shown as they are. What moves the cursor or changes the order of letters is not.
func TestBlanks(t *testing.T) {
	for _, r := range "\u0020\u00a0\u1680\u2000\u2003\u2007\u2009\u200a\u202f\u205f\u3000\u3164\u2800" {
		require.Equal(t, "a"+string(r)+"b", Text("a"+string(r)+"b"), "%U", r)
	}
	for _, r := range "\u0007\u0008\u000b\u0085\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u206a\ufeff\ufff9" {
		require.NotContains(t, Text("a"+string(r)+"b"), string(r), "%U", r)
	}
}

func TestQuote(t *testing.T) {
	require.Equal(t, `"a b"`, Name("a b"))
	require.Equal(t, `"\"\\x1b\\\x1b\""`, Name("\"\\x1b\\\x1b\""))
	require.Equal(t, `"日本"`, Name("日本"))
}

// nasty draws bytes that mix text with all that must not be shown.
func nasty(t *rapid.T) string {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b", "\x7f", "\u009b", "\u202e", "\xff", "\xc2", `\`, `"`, "\u2028", `\x1b`}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	return strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
}

func TestQuoteCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := nasty(t)
		back, err := strconv.Unquote(Name(name))
		require.NoError(t, err)
		require.Equal(t, name, back)
	})
}

func harmless(t require.TestingT, text string) {
	require.True(t, utf8.ValidString(text))
	for _, r := range text {
		require.False(t, r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069, "%q", text)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]0;title\x07\u009b\xff\u202e\xc2\x9b")
	f.Fuzz(func(t *testing.T, text string) {
		harmless(t, Text(text))
		harmless(t, Name(text))
		require.Equal(t, Text(text), Text(Text(text)))
	})
}

func TestEscapeIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := nasty(t)
		harmless(t, Text(text))
		harmless(t, Name(text))
	})
}
