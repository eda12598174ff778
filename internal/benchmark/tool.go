package benchmark

import (
	"fmt"
	"regexp"
	"strings"

	"mscp/internal/benchmark/result"
)

// Tool is a way to copy.
type Tool struct {
	Name     string
	Program  string // looked for in PATH
	Needs    string // a second program, likewise; empty: none
	version  []string
	noShell  bool // works with a server that runs no commands
	ownSSH   bool // does not use the system's ssh
	noCipher bool // cannot be told a cipher

	command func(q result.Question, cipher string) command
}

// tree reports whether a data set is a directory rather than one file.
func tree(q result.Question) bool { return q.Work.Files > 1 }

// Peers are the tools that are known by name.
func Peers() []Tool {
	return []Tool{
		{Name: "scp", Program: "scp", version: []string{"ssh", "-V"}, noShell: true, command: scp},
		{Name: "sftp", Program: "sftp", version: []string{"ssh", "-V"}, noShell: true, command: sftp},
		{Name: "rsync", Program: "rsync", version: []string{"rsync", "--version"}, command: rsync},
		{Name: "rclone", Program: "rclone", version: []string{"rclone", "version"}, noShell: true, ownSSH: true, noCipher: true, command: rclone},
		{Name: "lftp", Program: "lftp", version: []string{"lftp", "--version"}, noShell: true, command: lftp},
		{Name: "tar", Program: "tar", Needs: "ssh", version: []string{"tar", "--version"}, command: tar},
	}
}

// scp copies directories only with -r, and a file as fast with as without.
func scp(result.Question, string) command {
	return command{args: []string{"scp", "-q", "-r", "{ssh}", "{src}", "{dst}"}}
}

func sftp(q result.Question, _ string) command {
	script := "put -r {local} {remote}\n"
	if q.Direction == result.Down {
		script = "get -r {remote} {local}\n"
	}
	return command{args: []string{"sftp", "-q", "-b", "-", "{ssh}", "{host}"}, stdin: script}
}

func rsync(q result.Question, _ string) command {
	src := "{src}"
	if tree(q) {
		src += "/" // its contents, not the directory itself
	}
	return command{args: []string{"rsync", "-a", "-e", "ssh {ssh}", src, "{dst}"}}
}

// rclone reads no ssh configuration, and before version 1.61 cannot be told a cipher.
func rclone(q result.Question, _ string) command {
	server := ":sftp:{remote}"
	args := []string{"rclone", "copyto", "{local}", server}
	if q.Direction == result.Down {
		args = []string{"rclone", "copyto", server, "{local}"}
	}
	return command{args: append(args, "--config", "/dev/null", "--sftp-host", "{hostname}", "--sftp-port", "{port}", "--sftp-user", "{user}",
		"--sftp-key-file", "{key}", "--sftp-known-hosts-file", "{known_hosts}")}
}

// lftp gets one file in several pieces at once, which is what people take it for; it has nothing of the kind the other way.
func lftp(q result.Question, _ string) command {
	what := map[[2]bool]string{
		{true, false}:  "put {local} -o {remote}",
		{true, true}:   "mirror -R {local} {remote}",
		{false, false}: "pget {remote} -o {local}",
		{false, true}:  "mirror {remote} {local}",
	}[[2]bool{q.Direction == result.Up, tree(q)}]
	return command{args: []string{"lftp", "-c",
		`set cmd:fail-exit yes; set net:max-retries 2; set sftp:connect-program "ssh -a -x {ssh}"; open sftp://{user}:@{host}; ` + what}}
}

func tar(q result.Question, _ string) command {
	script := `tar -cf - -C {local_dir} {local_base} | ssh {ssh} {host} "mkdir -p {remote} && tar -xf - -C {remote}"`
	if q.Direction == result.Down {
		script = `mkdir -p {local} && ssh {ssh} {host} "tar -cf - -C {remote_dir} {remote_base}" | tar -xf - -C {local}`
	}
	return command{args: []string{"sh", "-c", script}}
}

// Custom reads NAME=COMMAND: a command for the shell, with placeholders as command lists them, of which {src} and {dst}, or {local} and
// {remote}, must be there. It returns a *SpecError.
func Custom(text string) (Tool, error) {
	name, script, ok := strings.Cut(text, "=")
	if name = strings.TrimSpace(name); !ok || name == "" || strings.TrimSpace(script) == "" {
		return Tool{}, wrong("%q is not a peer: give name=command with {src} and {dst}", text)
	}
	has := func(a string) bool { return strings.Contains(script, a) }
	if !(has("{src}") && has("{dst}")) && !(has("{local}") && has("{remote}")) {
		return Tool{}, wrong("peer %s: the command must have {src} and {dst}, or {local} and {remote}", name)
	}
	known := values{target: &Target{}}.words()
	for _, p := range regexp.MustCompile(`\{[a-z_]+\}`).FindAllString(script, -1) {
		if _, ok := known[p]; !ok {
			return Tool{}, wrong("peer %s: %s is not a placeholder", name, p)
		}
	}
	return Tool{Name: name, Program: "sh", noCipher: !has("{ssh}"), noShell: true,
		command: func(result.Question, string) command { return command{args: []string{"sh", "-c", script}} }}, nil
}

// Named returns the peers of a list of names. It returns a *SpecError.
func Named(names []string) (tools []Tool, err error) {
	for _, name := range names {
		found := false
		for _, t := range Peers() {
			if found = t.Name == name; found {
				tools = append(tools, t)
				break
			}
		}
		if !found {
			return nil, wrong("mscp does not know the peer %q: scp, sftp, rsync, rclone, lftp or tar; --peer adds others", name)
		}
	}
	return tools, nil
}

// unfit says why a tool cannot be measured; empty: it can.
func (t Tool) unfit(target *Target, q result.Question, look func(string) (string, error)) string {
	for _, p := range []string{t.Program, t.Needs} {
		if p == "" {
			continue
		}
		if _, err := look(p); err != nil {
			return fmt.Sprintf("%s is not installed", p)
		}
	}
	switch {
	case q.Sink == result.Null: // rsync as root would replace /dev/null
		return "it writes into files only"
	case !t.noShell && !target.Shell:
		return fmt.Sprintf("the %s server runs no commands", target.Server)
	case t.ownSSH && target.Key == "":
		return "it reads no ssh configuration: give a key (-i), and no jump host"
	}
	return ""
}

// firstLine is what a tool says of its version.
func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	line, _, _ = strings.Cut(line, " | Copyright") // lftp
	return line
}
