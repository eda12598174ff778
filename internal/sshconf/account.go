package sshconf

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// account is who runs this, as the system knows it. Empty fields are not known.
type account struct {
	name, home string
	listed     bool // the system's user database has it
}

// database is where accounts are looked up. run runs a program of the system.
type database struct {
	uid    int
	passwd func(uid string) (*user.User, error) // /etc/passwd
	run    func(name string, args ...string) ([]byte, error)
	getenv func(string) string
}

func systemDatabase() database {
	return database{uid: os.Getuid(), passwd: user.LookupId, run: runProgram, getenv: os.Getenv}
}

// account looks for the user in /etc/passwd, then asks the programs of the system: this one is linked statically, and sees
// no user who is only in LDAP or another source of nsswitch.conf(5). The environment is believed last, because it
// may be another user's (sudo -E, su).
func (d database) account() account {
	uid := strconv.Itoa(d.uid)
	if u, err := d.passwd(uid); err == nil {
		return account{u.Username, u.HomeDir, true}
	}
	if out, err := d.run("getent", "passwd", uid); err == nil {
		if a, ok := passwdEntry(out, uid); ok {
			return a
		}
	}
	if out, err := d.run("id", "-un"); err == nil {
		if name := strings.TrimSpace(string(out)); name != "" && name != uid {
			return account{name: name, listed: true}
		}
	}
	for _, variable := range []string{"LOGNAME", "USER"} {
		if name := d.getenv(variable); name != "" {
			return account{name: name}
		}
	}
	return account{}
}

// passwdEntry reads a line of passwd(5).
func passwdEntry(out []byte, uid string) (account, bool) {
	for line := range bytes.Lines(out) {
		f := strings.Split(strings.TrimRight(string(line), "\r\n"), ":")
		if len(f) >= 7 && f[0] != "" && f[2] == uid {
			return account{f[0], f[5], true}, true
		}
	}
	return account{}, false
}

func runProgram(name string, args ...string) ([]byte, error) {
	return RunProgram(context.Background(), name, args...)
}

// RunProgram runs a program of the system that asks nobody and must not take long.
func RunProgram(ctx context.Context, name string, args ...string) ([]byte, error) {
	path, err := findProgram(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second
	return cmd.Output()
}

// HomeDir is the user's home directory: $HOME, else the account's; empty: not known.
func HomeDir() string {
	if dir := os.Getenv("HOME"); filepath.IsAbs(dir) {
		return dir
	}
	return systemDatabase().account().home
}
