package benchmark

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mscp/internal/benchmark/result"
	"mscp/internal/bytepath"
)

// command is what a tool runs, with placeholders: its text is what a result shows, and holds no path of this machine.
//
//	{src} {dst}        as for scp: a path, or host:path
//	{local} {remote}   the paths on either side, without the host; {local_dir} {local_base} {remote_dir} {remote_base}: their parts
//	{host} {port} {user} {direction}
//	{hostname} {key} {known_hosts}   for tools that do not read the ssh configuration
//	{ssh}              options that ssh, scp, sftp and mscp share: as an element of args, several; in a text, words for a shell
//	{mscp}             the program that is measured
//
// None but {ssh} needs quotes: paths that do are refused, see safePath.
type command struct {
	args  []string
	stdin string
}

func (c command) String() string { return strings.Join(c.args, " ") }

// values are what placeholders stand for on one run.
type values struct {
	mscp          string
	target        *Target
	direction     result.Direction
	local, remote string // paths
	cipher        string // of a peer
}

func (v values) ends() (src, dst string) {
	remote := v.target.Host + ":" + v.remote
	if v.direction == result.Up {
		return v.local, remote
	}
	return remote, v.local
}

func (v values) ssh() []string {
	args := slices.Clone(v.target.SSH)
	if v.cipher != "" {
		args = append(args, "-c", v.cipher)
	}
	return args
}

func (v values) words() map[string]string {
	src, dst := v.ends()
	var ssh []string
	for _, a := range v.ssh() {
		ssh = append(ssh, shellQuote(a))
	}
	return map[string]string{
		"{src}": src, "{dst}": dst, "{local}": v.local, "{remote}": v.remote,
		"{local_dir}": bytepath.Dir(v.local), "{local_base}": bytepath.Base(v.local),
		"{remote_dir}": bytepath.Dir(v.remote), "{remote_base}": bytepath.Base(v.remote),
		"{host}": v.target.Host, "{hostname}": v.target.HostName, "{port}": strconv.Itoa(v.target.Port), "{user}": v.target.User,
		"{key}": v.target.Key, "{known_hosts}": v.target.KnownHosts, "{direction}": string(v.direction), "{mscp}": v.mscp,
		"{ssh}": strings.Join(ssh, " "),
	}
}

// fill returns what is run.
func (c command) fill(v values) command {
	var pairs []string
	for name, value := range v.words() {
		pairs = append(pairs, name, value)
	}
	r := strings.NewReplacer(pairs...)
	filled := command{stdin: r.Replace(c.stdin)}
	for _, a := range c.args {
		if a == "{ssh}" {
			filled.args = append(filled.args, v.ssh()...)
		} else {
			filled.args = append(filled.args, r.Replace(a))
		}
	}
	return filled
}

// public puts placeholders into what a tool said, as results can be published. One of two letters stays: it is more likely part of a word.
func (v values) public(text string) string {
	words := []struct{ name, value string }{
		{"{local_dir}", bytepath.Dir(v.local)}, {"{remote_dir}", bytepath.Dir(v.remote)}, {"{key}", v.target.Key}, {"{known_hosts}", v.target.KnownHosts},
		{"{hostname}", v.target.HostName}, {"{host}", v.target.Host}, {"{user}", v.target.User},
	}
	for _, w := range words {
		if len(w.value) > 2 && w.value != bytepath.Dir(os.DevNull) {
			text = regexp.MustCompile(`(^|[^\w.-])`+regexp.QuoteMeta(w.value)+`($|[^\w-])`).ReplaceAllString(text, "${1}"+w.name+"${2}")
		}
	}
	return text
}

// shellQuote makes a word of POSIX sh.
func shellQuote(s string) string {
	if s != "" && safePath(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// safePath reports whether no shell, and no tool's own language, takes anything in the path for more than itself.
func safePath(s string) bool {
	return !strings.HasPrefix(s, "-") && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=,./-_", r))
	})
}

// CheckPath returns a *SpecError for a directory that the peers' command lines could not name.
func CheckPath(dir string) error {
	if !safePath(dir) {
		return wrong("%q: the peers' command lines allow only letters, digits and %s in the name of a directory, and no dash in front", dir, "@%+=,./-_")
	}
	return nil
}
