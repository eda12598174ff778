package endpoint

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func local(p string) Endpoint { return Endpoint{Path: p} }
func remote(user, host, p string) Endpoint {
	return Endpoint{Remote: true, User: user, Host: host, Path: p}
}

func TestParse(t *testing.T) {
	for arg, want := range map[string]Endpoint{
		"a":                     local("a"),
		"/a/b":                  local("/a/b"),
		"./a:b":                 local("./a:b"),
		"/a:b":                  local("/a:b"),
		"dir/x:y":               local("dir/x:y"),
		":a":                    local(":a"),
		"[ab]*":                 local("[ab]*"),
		"[::1]":                 local("[::1]"),
		"[::1]/x:y":             local("[::1]/x:y"),
		"-a":                    local("-a"),
		"a\nb\xff":              local("a\nb\xff"),
		"u@h":                   local("u@h"),
		"h:":                    remote("", "h", ""),
		"h:x":                   remote("", "h", "x"),
		"h:x:y":                 remote("", "h", "x:y"),
		"h:/x/y@z:w":            remote("", "h", "/x/y@z:w"),
		"h:-x":                  remote("", "h", "-x"),
		"h:a\nb\xff":            remote("", "h", "a\nb\xff"),
		"u@h:~/x":               remote("u", "h", "~/x"),
		"a@b@h:x":               remote("a@b", "h", "x"),
		"dom\\u@h:x":            remote("dom\\u", "h", "x"),
		"[::1]:x":               remote("", "::1", "x"),
		"[::1]:":                remote("", "::1", ""),
		"[h]:x":                 remote("", "h", "x"),
		"u@[::1]:x":             remote("u", "::1", "x"),
		"u@[fe80::1%eth0]:/x:y": remote("u", "fe80::1%eth0", "/x:y"),
		"h:[::1]:x":             remote("", "h", "[::1]:x"),
		"a:b@[::1]:x":           remote("", "a", "b@[::1]:x"),
	} {
		got, err := Parse(arg)
		require.NoError(t, err, "%q", arg)
		require.Equal(t, want, got, "%q", arg)
	}
}

func TestParseRefuses(t *testing.T) {
	for arg, want := range map[string]error{
		"":                ErrEmpty,
		"a\x00b":          ErrNUL,
		"h:a\x00":         ErrNUL,
		"user@:x":         ErrNoHost,
		"[]:x":            ErrNoHost,
		"u@[]:x":          ErrNoHost,
		"@h:x":            ErrNoUser,
		"-oProxy=x:y":     ErrBadHost,
		"u@-x:y":          ErrBadHost,
		"[-x]:y":          ErrBadHost,
		"a b:y":           ErrBadHost,
		"a\x1b[2J:y":      ErrBadHost,
		"a;reboot:y":      ErrBadHost,
		"$(x):y":          ErrBadHost,
		"[[::1]:y":        ErrBadHost,
		"a[1]:y":          ErrBadHost,
		"-u@h:y":          ErrBadUser,
		"a\rb@h:y":        ErrBadUser,
		"a -o@h:y":        ErrBadUser,
		"a`x`@h:y":        ErrBadUser,
		"a\\@h:y":         ErrBadUser,
		"[@[0]:":          ErrBadUser,
		"\u0085@h:y":      ErrBadUser,
		"x\u0085.host:y":  ErrBadHost,
		"u@h\u2028ost:ab": ErrBadHost,
	} {
		_, err := Parse(arg)
		require.ErrorIs(t, err, want, "%q", arg)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, arg, e.Arg)
	}
}

func TestHome(t *testing.T) {
	for path, want := range map[string]string{
		"": ".", "~": ".", "~/": ".", "~//": ".", "~/x": "x", "~//x": "x", "~/x/": "x/", "~/~": "~",
		"~user": "~user", "~user/x": "~user/x", "x": "x", "/x": "/x", "x/~": "x/~", ".": ".",
	} {
		require.Equal(t, want, Home(path), "%q", path)
	}
}

func TestOtherHome(t *testing.T) {
	for path, want := range map[string][2]string{
		"~user": {"~user", ""}, "~user/": {"~user", "/"}, "~user/x/*": {"~user", "/x/*"}, "~+": {"~+", ""},
	} {
		user, rest, ok := OtherHome(path)
		require.True(t, ok, "%q", path)
		require.Equal(t, want, [2]string{user, rest}, "%q", path)
	}
	for _, path := range []string{"", "~", "~/x", "~//", "./~user", "/~user", "x/~user", "x"} {
		_, _, ok := OtherHome(path)
		require.False(t, ok, "%q", path)
	}
}

func TestArgs(t *testing.T) {
	sources, target, err := Args([]string{"a", "b/", "u@h:d"})
	require.NoError(t, err)
	require.Equal(t, []Endpoint{local("a"), local("b/")}, sources)
	require.Equal(t, remote("u", "h", "d"), target)

	sources, target, err = Args([]string{"u@[::1]:a", "u@[::1]:b", "."})
	require.NoError(t, err)
	require.Equal(t, []Endpoint{remote("u", "::1", "a"), remote("u", "::1", "b")}, sources)
	require.Equal(t, local("."), target)
}

func TestArgsRefuses(t *testing.T) {
	for args, want := range map[string]error{
		"":              ErrTooFew,
		"h:a":           ErrTooFew,
		"h: a":          ErrEmptySource,
		"h:b h: a":      ErrEmptySource,
		"a b":           ErrBothLocal,
		"a b c":         ErrBothLocal,
		"h:a g:b":       ErrRemoteToRemote,
		"h:a h:b":       ErrRemoteToRemote,
		"a h:b h:c":     ErrRemoteToRemote,
		"a h:b c":       ErrMixedSources,
		"h:a b c":       ErrMixedSources,
		"h:a g:b .":     ErrManyHosts,
		"u@h:a h:b .":   ErrManyHosts,
		"u@h:a v@h:b .": ErrManyHosts,
		"a u@:x":        ErrNoHost,
	} {
		_, _, err := Args(strings.Fields(args))
		require.ErrorIs(t, err, want, "%q", args)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Hint, "%q", args)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "u@h:x", "[::1]:x", "u@[::1]:x", ":a", "a@b@[x]:y", "[a]b]:c", "u@[x@h:p", "\xff:\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		e, err := Parse(arg)
		if err != nil {
			var typed *Error
			require.ErrorAs(t, err, &typed)
			return
		}
		again, err := Parse(e.String())
		require.NoError(t, err)
		require.Equal(t, e, again)
		require.True(t, strings.HasSuffix(arg, e.Path))
		if slash := strings.IndexByte(arg, '/'); slash >= 0 && !strings.Contains(arg[:slash], ":") {
			require.False(t, e.Remote, "a colon after a slash is part of a name")
		}
		if !e.Remote {
			require.Equal(t, Endpoint{Path: arg}, e)
			return
		}
		require.NotEmpty(t, e.Host)
		require.NotEqual(t, byte('-'), e.Host[0])
	})
}

func TestURLs(t *testing.T) {
	for arg, want := range map[string]Endpoint{
		"scp://h/x":                  {Remote: true, Host: "h", Path: "x"},
		"scp://h//x":                 {Remote: true, Host: "h", Path: "/x"},
		"scp://h":                    {Remote: true, Host: "h"},
		"scp://h/":                   {Remote: true, Host: "h"},
		"sftp://u@h:2222/x/y":        {Remote: true, User: "u", Host: "h", Port: 2222, Path: "x/y"},
		"SSH://u%40d@[::1]:22/~/a:b": {Remote: true, User: "u@d", Host: "::1", Port: 22, Path: "~/a:b"},
		"ssh://[fe80::1%eth0]/x%20y": {Remote: true, Host: "fe80::1%eth0", Path: "x y"},
		"nas://x":                    {Remote: true, Host: "nas", Path: "//x"},
		"./scp://h/x":                {Path: "./scp://h/x"},
		"u@scp://x":                  {Remote: true, User: "u", Host: "scp", Path: "//x"},
	} {
		got, err := Parse(arg)
		require.NoError(t, err, arg)
		require.Equal(t, want, got, arg)
		again, err := Parse(got.String())
		require.NoError(t, err, got.String())
		require.Equal(t, got, again)
	}
	for arg, want := range map[string]error{
		"https://h/x": ErrScheme, "rsync://h/x": ErrScheme, "file:///x": ErrScheme, "scp://": ErrNoHost, "scp:///x": ErrNoHost,
		"scp://h:0/x": ErrBadURL, "scp://h:ssh/x": ErrBadURL, "scp://h:99999/x": ErrBadURL, "scp://h/%zz": ErrBadURL, "scp://h/%00": ErrBadURL,
		"scp://u:secret@h/x": ErrPassword, "scp://@h/x": ErrNoUser, "scp://-oProxyCommand=x/y": ErrBadHost, "scp://-u@h/x": ErrBadUser,
	} {
		_, err := Parse(arg)
		require.ErrorIs(t, err, want, arg)
	}
	_, _, err := Args([]string{"scp://h:1/a", "scp://h:2/b", "."})
	require.ErrorIs(t, err, ErrManyHosts)
}
