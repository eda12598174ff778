package endpoint

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"mscp/internal/quote"
)

// What can be wrong with one argument.
var (
	ErrEmpty   = errors.New("empty argument")
	ErrNUL     = errors.New("NUL byte in the argument")
	ErrNoHost  = errors.New("empty host name")
	ErrNoUser  = errors.New("empty user name")
	ErrBadHost = errors.New("invalid host name")
	ErrBadUser = errors.New("invalid user name")
)

// Error is an argument, or a set of arguments, that cannot be used.
type Error struct {
	Arg  string // the offending argument; empty where it is about all of them
	Err  error  // one of this package's Err values
	Hint string // what to do about it; may be empty
}

func (e *Error) Error() string {
	if e.Arg == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", quote.Name(e.Arg), e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// check refuses what OpenSSH refuses (valid_hostname and valid_ruser in its ssh.c, since 9.6): a name that starts with
// a dash would be read as an option by an ssh command, and quotes or a semicolon would reach the
// shell of a ProxyCommand. Brackets are refused too, so that String is unambiguous.
func (e Endpoint) check() error {
	switch {
	case e.Host == "":
		return ErrNoHost
	case e.Host[0] == '-' || strings.ContainsAny(e.Host, "'`\"$\\;&<>|(){}[]") || strings.ContainsFunc(e.Host, blank):
		return ErrBadHost
	case e.User != "" && !validUser(e.User):
		return ErrBadUser
	}
	return nil
}

func validUser(s string) bool {
	return s[0] != '-' &&
		!strings.ContainsAny(s, "'`\";&<>|(){}[]") &&
		!strings.ContainsFunc(s, unicode.IsControl) &&
		!strings.Contains(s, " -") &&
		!strings.HasSuffix(s, `\`)
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func hintLocal(err error) string {
	if errors.Is(err, ErrNoHost) {
		return "write host:path, or ./name for a local file whose name holds a colon"
	}
	return "for a local file whose name holds a colon write ./name"
}
