package sshdtest

import (
	"fmt"
	"strings"
)

// Option changes a server before it starts.
type Option func(*config)

type config struct {
	extra    []string
	hostKeys []string
	tempUser bool
	program  string
}

// WithConfig adds lines to the server's configuration. They stand first, so they beat the defaults here
// (sshd takes a keyword's first value). A Match block is not possible.
func WithConfig(lines ...string) Option {
	return func(c *config) { c.extra = append(c.extra, lines...) }
}

// WithHostKeys chooses the types of the host keys, as [NewKey] names them; the default is ed25519 alone.
func WithHostKeys(types ...string) Option {
	return func(c *config) { c.hostKeys = types }
}

// WithTempUser makes a Unix user with a password for the time of the test and lets it log in by password or
// by key. It needs root; elsewhere the test is skipped, or fails if MSCP_REQUIRE_SSHD=1.
func WithTempUser() Option {
	return func(c *config) { c.tempUser = true }
}

// WithProgram runs another sshd than the system's.
func WithProgram(path string) Option {
	return func(c *config) { c.program = path }
}

// text is the sshd_config. UsePAM no keeps the machine's own rules out; StrictModes no lets keys lie in /tmp.
func (c *config) text(s *Server, port int, hostKeys []string) string {
	s.setPort(port)
	lines := append([]string{}, c.extra...)
	lines = append(lines,
		"ListenAddress "+s.Addr,
		"PidFile none",
		"LogLevel VERBOSE",
		"StrictModes no",
		"UsePAM no",
		"PermitRootLogin yes",
		"PubkeyAuthentication yes",
		fmt.Sprintf("PasswordAuthentication %s", yesno(c.tempUser)),
		"KbdInteractiveAuthentication no",
		"AuthorizedKeysFile "+s.authorized,
		"PrintMotd no",
	)
	for _, k := range hostKeys {
		lines = append(lines, "HostKey "+k)
	}
	if !c.names("subsystem") { // sshd refuses a subsystem that is defined twice
		lines = append(lines, "Subsystem sftp internal-sftp")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (c *config) names(keyword string) bool {
	for _, l := range c.extra {
		if f := strings.Fields(l); len(f) > 0 && strings.EqualFold(f[0], keyword) {
			return true
		}
	}
	return false
}

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
