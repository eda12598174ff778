package sshconf

import (
	"context"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/cpu"
)

// Env is what Resolve takes from its surroundings.
type Env struct {
	Home      string // for ~ and the default files; empty: not known
	User      string // the local user's name, and the default remote one; empty: not known
	LocalHost string // this machine's name, for the token %l
	UID       string // for the token %i
	Getenv    func(string) string
	ReadFile  func(string) ([]byte, error)
	Glob      func(pattern string) ([]string, error) // filepath.Glob
	// SSH runs the system's ssh and returns its standard output; an error says what ssh said. nil: there is no ssh,
	// and the files are read here.
	SSH    func(ctx context.Context, args ...string) ([]byte, error)
	System string // the system's configuration file; empty: none
	AES    bool   // the CPU has instructions for AES-GCM
}

// SystemEnv is the Env of this process. What is not known of its user is empty, and an error where it is needed.
func SystemEnv() Env {
	a := systemDatabase().account()
	e := Env{
		Home: home(os.Getenv("HOME"), a.home, exists), User: a.name, UID: strconv.Itoa(os.Getuid()),
		Getenv: os.Getenv, ReadFile: os.ReadFile, Glob: filepath.Glob, System: "/etc/ssh/ssh_config", AES: hasAES(),
	}
	e.LocalHost, _ = os.Hostname() // only tokens need it
	// ssh goes by the account's home, whatever $HOME is: of another home it can tell nothing. Nor does it work for a user whom the
	// system does not know.
	if a.listed && (a.home == "" || e.Home == filepath.Clean(a.home)) {
		e.SSH = systemSSH()
	}
	return e
}

// home chooses between $HOME and the account's home, where ssh looks: $HOME, unless only the account's has a .ssh
// (docs/design/ssh-config.md).
func home(variable, account string, exists func(string) bool) string {
	switch {
	case !filepath.IsAbs(variable):
		variable = account
	case account != "" && !exists(filepath.Join(variable, ".ssh")) && exists(filepath.Join(account, ".ssh")):
		variable = account
	}
	if variable == "" {
		return ""
	}
	return filepath.Clean(variable)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func hasAES() bool {
	return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ ||
		cpu.ARM64.HasAES && cpu.ARM64.HasPMULL ||
		cpu.S390X.HasAES && cpu.S390X.HasGHASH
}
