package sshconf

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"

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
	System    string // the system's configuration file; empty: none
	AES       bool   // the CPU has instructions for AES-GCM
}

// SystemEnv is the Env of this process. Home is $HOME where that is set, else the account's.
func SystemEnv() (Env, error) {
	e := Env{
		Home: os.Getenv("HOME"), Getenv: os.Getenv, ReadFile: os.ReadFile,
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
	e.LocalHost, err = os.Hostname()
	if err != nil {
		return Env{}, fmt.Errorf("this machine's name is unknown: %w", err)
	}
	return e, nil
}

func hasAES() bool {
	return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ ||
		cpu.ARM64.HasAES && cpu.ARM64.HasPMULL ||
		cpu.S390X.HasAES && cpu.S390X.HasGHASH
}
