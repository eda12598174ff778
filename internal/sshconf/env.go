package sshconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"time"

	"golang.org/x/sys/cpu"
)

// Env is what Resolve takes from its surroundings.
type Env struct {
	Home      string // for ~ and the default files
	User      string // the local user's name, and the default remote one
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

// SystemEnv is the Env of this process. Home is $HOME where that is set, else the account's.
func SystemEnv() (Env, error) {
	e := Env{
		Home: os.Getenv("HOME"), Getenv: os.Getenv, ReadFile: os.ReadFile, Glob: filepath.Glob,
		System: "/etc/ssh/ssh_config", AES: hasAES(),
	}
	u, err := user.Current()
	if err != nil {
		return Env{}, fmt.Errorf("who runs this is unknown: %w", err)
	}
	e.User, e.UID = u.Username, u.Uid
	if !filepath.IsAbs(e.Home) {
		e.Home = u.HomeDir
	}
	// ssh goes by the account's home, whatever $HOME is: of another home it can tell nothing.
	if path, err := exec.LookPath("ssh"); err == nil && filepath.Clean(e.Home) == filepath.Clean(u.HomeDir) {
		e.SSH = sshAt(path)
	}
	e.LocalHost, err = os.Hostname()
	if err != nil {
		return Env{}, fmt.Errorf("this machine's name is unknown: %w", err)
	}
	return e, nil
}

func sshAt(path string) func(context.Context, ...string) ([]byte, error) {
	return func(ctx context.Context, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.WaitDelay = time.Second // what a "Match exec" has started may keep the pipe
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) && len(exit.Stderr) > 0 {
			return nil, errors.New(string(bytes.TrimSpace(exit.Stderr)))
		}
		return out, err
	}
}

func hasAES() bool {
	return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ ||
		cpu.ARM64.HasAES && cpu.ARM64.HasPMULL ||
		cpu.S390X.HasAES && cpu.S390X.HasGHASH
}
