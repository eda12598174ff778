// Package endpoint parses the arguments that name what is copied: [[user@]host:]path.
//
// The rules are scp's, so that every argument means what it means there. A colon makes an argument remote only
// before the first slash, so ./a:b is a local file, and so is :a, whose host would be empty. The user ends at the
// last @ before that colon. An IPv6 address stands in brackets: [::1]:path, user@[fe80::1%eth0]:path.
//
// URLs of scp, sftp and ssh are taken as scp(1) and sftp(1) take them.
//
// An endpoint is only words. Nothing here looks at a file, resolves a name or dials.
package endpoint

import (
	"strings"
)

// Endpoint is one parsed argument.
type Endpoint struct {
	Remote bool
	User   string // empty: the configuration decides
	Host   string // without brackets
	Port   int    // of a URL; 0: the configuration decides
	Path   string // bytes as given; empty on the remote side is the login directory, see [Home]
}

// Parse splits an argument. Its error is an [*Error].
func Parse(arg string) (Endpoint, error) {
	if arg == "" {
		return Endpoint{}, &Error{Arg: arg, Err: ErrEmpty}
	}
	if strings.IndexByte(arg, 0) >= 0 {
		return Endpoint{}, &Error{Arg: arg, Err: ErrNUL}
	}
	if e, ok, err := parseURL(arg); ok {
		return e, err
	}
	colon := findColon(arg)
	if colon < 0 {
		return Endpoint{Path: arg}, nil
	}
	e := Endpoint{Remote: true, Host: arg[:colon], Path: arg[colon+1:]}
	if at := strings.LastIndexByte(e.Host, '@'); at >= 0 {
		e.User, e.Host = e.Host[:at], e.Host[at+1:]
		if e.User == "" {
			return Endpoint{}, &Error{Arg: arg, Err: ErrNoUser, Hint: "leave out the @, or write user@host:path"}
		}
	}
	if inner, ok := strings.CutPrefix(e.Host, "["); ok {
		e.Host = strings.TrimSuffix(inner, "]")
	}
	if err := e.check(); err != nil {
		return Endpoint{}, &Error{Arg: arg, Err: err, Hint: hintLocal(err)}
	}
	return e, nil
}

// findColon returns the index of the colon that ends the host, or -1 in a local path. As in scp, a bracket at the
// start of the host hides every colon but one right after a closing bracket.
func findColon(s string) int {
	if s[0] == ':' {
		return -1
	}
	bracket := s[0] == '['
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '/':
			return -1
		case '@':
			bracket = bracket || strings.HasPrefix(s[i+1:], "[")
		case ':':
			if !bracket || s[i-1] == ']' {
				return i
			}
		}
	}
	return -1
}

// String writes the endpoint as an argument: Parse of it gives the same endpoint.
func (e Endpoint) String() string {
	if !e.Remote {
		return e.Path
	}
	if e.Port != 0 {
		return e.urlString()
	}
	return e.Login() + ":" + e.Path
}

// Login is the endpoint without its path: [user@]host, in brackets where the host holds a colon.
func (e Endpoint) Login() string {
	host := e.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if e.User == "" {
		return host
	}
	return e.User + "@" + host
}

// Home turns a remote path that a user wrote into one for the SFTP server, which resolves relative paths against the
// login directory: an empty path and ~ are ".", ~/x is "x". ~user stays as it is: see [OtherHome]. Apply it once: the result of
// ~/~ is a file named ~.
func Home(path string) string {
	if path == "" || path == "~" {
		return "."
	}
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path
	}
	if rest = strings.TrimLeft(rest, "/"); rest == "" {
		return "."
	}
	return rest
}

// OtherHome splits a remote path that begins in another user's home directory: ~user and ~user/x. The user keeps the tilde, the rest its
// slash. A file whose name begins with a tilde is written ./~x.
func OtherHome(path string) (user, rest string, ok bool) {
	if !strings.HasPrefix(path, "~") {
		return "", path, false
	}
	slash := strings.IndexByte(path, '/')
	if slash < 0 {
		slash = len(path)
	}
	return path[:slash], path[slash:], slash > 1
}
