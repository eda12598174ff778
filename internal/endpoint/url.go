package endpoint

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What can be wrong with a URL.
var (
	ErrScheme   = errors.New("not a URL that mscp copies from or to")
	ErrBadURL   = errors.New("invalid URL")
	ErrPassword = errors.New("a URL with a password: other users of this machine could read it")
)

// parseURL takes scp://, sftp:// and ssh:// URLs as OpenSSH's scp and sftp do: SCHEME://[USER@]HOST[:PORT][/PATH], where the path begins at
// the login directory, and //PATH at the root. ok is false for an argument that is no URL.
func parseURL(arg string) (e Endpoint, ok bool, err error) {
	scheme, rest, found := strings.Cut(arg, "://")
	if !found || strings.ContainsAny(scheme, "/@[.") {
		return e, false, nil
	}
	refuse := func(err error, hint string) (Endpoint, bool, error) {
		return Endpoint{}, true, &Error{Arg: arg, Err: err, Hint: hint}
	}
	switch strings.ToLower(scheme) {
	case "scp", "sftp", "ssh":
	case "http", "https", "ftp", "ftps", "file", "rsync", "s3", "gs", "smb", "nfs", "dav", "davs":
		return refuse(ErrScheme, "write [user@]host:path, or scp://[user@]host[:port]/path")
	default: // a host of that name
		return e, false, nil
	}
	authority, path, _ := strings.Cut(rest, "/")
	e.Remote = true
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user := authority[:at]
		authority = authority[at+1:]
		if strings.Contains(user, ":") {
			return refuse(ErrPassword, "leave it out; MSCP_SSH_AUTH_PASSWORD in the environment answers in batch jobs")
		}
		if e.User, err = url.PathUnescape(user); err != nil || e.User == "" {
			return refuse(ErrNoUser, "leave out the @, or write user@host")
		}
	}
	if e.Path, err = url.PathUnescape(path); err != nil || strings.IndexByte(e.Path, 0) >= 0 {
		return refuse(ErrBadURL, "write % as %25")
	}
	if e.Host, e.Port, err = splitPort(authority); err == nil {
		err = e.check()
	}
	if err != nil {
		return refuse(err, "write "+scheme+"://[user@]host[:port]/path")
	}
	return e, true, nil
}

// splitPort takes host, host:port, [::1] and [::1]:port apart.
func splitPort(authority string) (host string, port int, err error) {
	host = authority
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		host = authority[:colon]
		if port, err = strconv.Atoi(authority[colon+1:]); err != nil || port < 1 || port > 65535 {
			return "", 0, ErrBadURL
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return host, port, nil
}

// urlString writes an endpoint with a port. Parse of it gives the same endpoint.
func (e Endpoint) urlString() string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
	escape := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			if slices.Contains([]byte(plain), c) {
				b.WriteByte(c)
			} else {
				b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
			}
		}
		return b.String()
	}
	host := Endpoint{Host: e.Host}.Login()
	if e.User != "" {
		host = escape(e.User) + "@" + host
	}
	return "scp://" + host + ":" + strconv.Itoa(e.Port) + "/" + escape(e.Path)
}
