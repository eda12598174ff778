package sshconf

import (
	"errors"
	"strings"
)

const blanks = " \t\r\n\f"

// parseLine takes a line of a configuration file, or an -o argument, apart: "Keyword value", "Keyword=value", values in
// quotes, a comment at the end. An empty keyword is a line without one. A command is one word as it stands:
// its quotes are the shell's.
func parseLine(line string) (keyword string, words []string, err error) {
	line = strings.Trim(line, blanks)
	if line == "" || line[0] == '#' {
		return "", nil, nil
	}
	end := strings.IndexAny(line, blanks+"=")
	if end < 0 {
		return line, nil, nil
	}
	keyword = line[:end]
	rest := strings.TrimLeft(line[end:], blanks)
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), blanks)
	if isCommand(keyword) {
		if rest != "" {
			words = []string{rest}
		}
		return keyword, words, nil
	}
	words, err = splitWords(rest)
	return keyword, words, err
}

func isCommand(keyword string) bool {
	switch strings.ToLower(keyword) {
	case "proxycommand", "localcommand", "remotecommand", "knownhostscommand":
		return true
	}
	return false
}

var errQuote = errors.New("no closing quote")

// splitWords follows OpenSSH's argv_split: words in single or double quotes, a backslash before a quote, a backslash
// or a space, and a comment where a word begins with #.
func splitWords(text string) (words []string, err error) {
	for {
		text = strings.TrimLeft(text, blanks)
		if text == "" || text[0] == '#' {
			return words, nil
		}
		var word string
		if word, text, err = firstWord(text); err != nil {
			return nil, err
		}
		words = append(words, word)
	}
}

func firstWord(text string) (word, rest string, err error) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && escapes(text[i+1], quote):
			i++
			b.WriteByte(text[i])
		case quote == 0 && strings.IndexByte(blanks, c) >= 0:
			return b.String(), text[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errQuote
	}
	return b.String(), "", nil
}

func escapes(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || quote == 0 && c == ' '
}
