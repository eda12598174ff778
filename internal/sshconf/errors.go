package sshconf

import (
	"fmt"
	"strings"
)

// UsageError is a value that a keyword cannot have. Source is where it stands: a flag, "-o", or a file.
type UsageError struct {
	Source  string
	Keyword string
	Value   string
	Reason  string
	Known   []string // the values that would do, if they can be listed
}

func (e *UsageError) Error() string {
	s := fmt.Sprintf("%s: %s %q: %s", e.Source, e.Keyword, e.Value, e.Reason)
	if len(e.Known) > 0 {
		s += " (known: " + strings.Join(e.Known, ", ") + ")"
	}
	return s
}

// FileError is a configuration file that cannot be read or parsed.
type FileError struct {
	File string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// UnsupportedError is a request that this program cannot fulfil and that must not be ignored.
type UnsupportedError struct {
	Source  string
	Keyword string
	Value   string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: %s %q is not supported", e.Source, e.Keyword, e.Value)
}

// Warning is something that the user asked for and will not get, though the connection can be made. Detail marks one
// that came from a file, which is shared with ssh: worth a word only to who asks for details.
type Warning struct {
	Source  string
	Keyword string
	Reason  string
	Detail  bool
}

func (w Warning) String() string { return fmt.Sprintf("%s: %s: %s", w.Source, w.Keyword, w.Reason) }
