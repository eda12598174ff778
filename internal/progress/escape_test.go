package progress

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
		require.Equal(t, want, Escape(text))
	}
}

func TestQuote(t *testing.T) {
	require.Equal(t, `"a b"`, Quote("a b"))
	require.Equal(t, `"\"\\x1b\\\x1b\""`, Quote("\"\\x1b\\\x1b\""))
	require.Equal(t, `"日本"`, Quote("日本"))
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
		back, err := strconv.Unquote(Quote(name))
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
		harmless(t, Escape(text))
		harmless(t, Quote(text))
		require.Equal(t, Escape(text), Escape(Escape(text)))
	})
}

func TestEscapeIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := nasty(t)
		harmless(t, Escape(text))
		harmless(t, Quote(text))
	})
}
