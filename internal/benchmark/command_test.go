package benchmark

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mscp/internal/benchmark/result"
)

var update = flag.Bool("update", false, "write the golden file anew")

// paper is a target that nothing connects to.
func paper() *Target {
	return &Target{Server: SSHD, Host: "bench", SSH: []string{"-F", "/mem/k/config", "-o", "Port=2222"}, HostName: "192.0.2.7", User: "me", Port: 2222,
		Key: "/mem/k/key", KnownHosts: "/mem/k/known", Shell: true}
}

func questionOf(d result.Direction, files int64) result.Question {
	return result.Question{Server: SSHD, Direction: d, Work: result.Work{Files: files, Size: 1 << 20}, Source: result.Memory, Sink: result.Memory}
}

// valuesOf are those of a run.
func valuesOf(d result.Direction, cipher string) values {
	v := values{mscp: "/bin/mscp", target: paper(), direction: d, local: "/here/data", remote: "/there/out", cipher: cipher}
	if d == result.Down {
		v.local, v.remote = "/here/out", "/there/data"
	}
	return v
}

// every command that can be run, as the result shows it and as it is run.
func everyCommand() string {
	var b strings.Builder
	write := func(what string, c command, v values) {
		filled := c.fill(v)
		fmt.Fprintf(&b, "# %s\n%s\n%q\n", what, c, filled.args)
		if filled.stdin != "" {
			fmt.Fprintf(&b, "%q\n", filled.stdin)
		}
		b.WriteString("\n")
	}
	for _, p := range Peers() {
		for _, d := range []result.Direction{result.Up, result.Down} {
			for _, files := range []int64{1, 2} {
				for _, cipher := range []string{"", "aes128-ctr"} {
					q := questionOf(d, files)
					write(fmt.Sprintf("%s, %s, %d, %q", p.Name, d, files, cipher), p.command(q, cipher), valuesOf(d, cipher))
				}
			}
		}
	}
	for _, c := range []result.Case{
		{Tool: result.Mscp, Connections: 4, Sessions: 2, Question: questionOf(result.Up, 1)},
		{Tool: result.Mscp, Connections: 1, Sessions: 1, Cipher: "aes128-ctr", Block: 65536, Inflight: 9, Question: questionOf(result.Down, 9)},
		single(result.Case{Question: questionOf(result.Up, 1)}),
		single(result.Case{Question: questionOf(result.Down, 1), Cipher: "aes128-ctr"}),
	} {
		write(fmt.Sprintf("%s, %s, %q", c.Tool, c.Direction, c.Cipher), ours(c), valuesOf(c.Direction, ""))
	}
	return b.String()
}

func TestCommands(t *testing.T) {
	path := filepath.Join("testdata", "commands.txt")
	got := everyCommand()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "go test -update writes it")
	require.Equal(t, string(want), got)
}

// What a result shows names nothing of this machine, and nothing that is run holds a placeholder.
func TestCommandTextIsPublic(t *testing.T) {
	for line := range strings.Lines(everyCommand()) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") || strings.HasPrefix(line, `"`):
			require.NotRegexp(t, `\{[a-z_]+\}`, line)
		default:
			for _, private := range []string{"/here", "/there", "/mem", "192.0.2.7", "2222", "bench", "/bin/mscp"} {
				require.NotContains(t, line, private)
			}
		}
	}
}

// What a shell makes of the words of shellQuote is what went in.
func TestShellQuote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune(" \t\n'\"\\$`!*?[]{}()<>|&;~#%=-+@,./_:azAZ09é\u202e")), rapid.Rune()), 0, 20, -1)
		words := rapid.SliceOfN(rapid.Map(odd, func(s string) string { return strings.ReplaceAll(s, "\x00", "") }), 1, 20).Draw(t, "words")
		script := `printf '%s\000'`
		for _, w := range words {
			script += " " + shellQuote(w)
		}
		out, err := exec.Command("sh", "-c", script).Output()
		require.NoError(t, err, script)
		require.Equal(t, strings.Join(words, "\x00")+"\x00", string(out), script)
	})
}

// A path that is let through means itself to a shell, bare.
func TestSafePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("@%+=,./-_azAZ09 '\"\\$`*?[]{}()<>|&;~#!:é\n")), 1, 12, -1).Draw(t, "path")
		if !safePath(s) {
			return
		}
		out, err := exec.Command("sh", "-c", "printf %s /"+s+" "+s).Output()
		require.NoError(t, err)
		require.Equal(t, "/"+s+s, string(out))
	})
	for _, good := range []string{"/dev/shm/mscp-bench-1", "a", ".", "..", "a.b/c_d-e", "@x", "/a=b,c%d+e"} {
		require.NoError(t, CheckPath(good), good)
	}
	for _, bad := range []string{"-rf", "a b", "~", "~me/x", "$HOME", "a;b", "a*", "a?", "[a]", "{a}", "a:b", "a'b", `a"b`, `a\b`, "a\nb", "a|b", "a&b", "a#b", "a!b", "(a)", "<a", "`a`", "é"} {
		require.ErrorAs(t, CheckPath(bad), new(*SpecError), bad)
	}
}

// {ssh} is several arguments where it stands alone, and words of a shell in a text.
func TestFillSSH(t *testing.T) {
	v := valuesOf(result.Up, "")
	v.target.SSH = []string{"-o", "IdentityFile=/a b/it's", "-o", "User="}
	got := command{args: []string{"ssh", "{ssh}", "{host}"}}.fill(v)
	require.Equal(t, []string{"ssh", "-o", "IdentityFile=/a b/it's", "-o", "User=", "bench"}, got.args)

	script := command{args: []string{"sh", "-c", `printf '%s\n' {ssh} {host}`}}.fill(v)
	out, err := exec.Command(script.args[0], script.args[1:]...).Output()
	require.NoError(t, err)
	require.Equal(t, "-o\nIdentityFile=/a b/it's\n-o\nUser=\nbench\n", string(out))
}

// What a tool says of where it failed goes into results without names of this machine, its users and its servers.
func TestPublic(t *testing.T) {
	v := valuesOf(result.Down, "")
	for text, want := range map[string]string{
		"bash: /there/data: Is a directory":                        "bash: {remote_dir}/data: Is a directory",
		"lstat /here/out: no such file":                            "lstat {local_dir}/out: no such file",
		"/here":                                                    "{local_dir}",
		"/hereafter, not/here":                                     "/hereafter, not/here",
		"me@bench: Permission denied (bench, bench)":               "me@{host}: Permission denied ({host}, {host})",
		"benchmark of bench-1":                                     "benchmark of bench-1",
		"connect to 192.0.2.7:2222, 192.0.2.70 or 192.0.2.7.":      "connect to {hostname}:2222, 192.0.2.70 or {hostname}.",
		"Load key \"/mem/k/key\": bad, see /mem/k/known, /mem/k/x": "Load key \"{key}\": bad, see {known_hosts}, /mem/k/x",
	} {
		require.Equal(t, want, v.public(text))
	}
	v.target.User, v.local = "root", "/dev/null"
	require.Equal(t, "{user}@{host}: /dev/null", v.public("root@bench: /dev/null"))
	v.target = RemoteTarget()
	require.Equal(t, "said", v.public("said"))
}
