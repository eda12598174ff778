package sshconf

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// systemSSH is the ssh to ask for the configuration; nil: there is none that can tell. An "ssh" that is no OpenSSH must not be asked: dropbear's
// takes -G for something else and connects. OpenSSH has -G since 6.8.
func systemSSH() func(context.Context, ...string) ([]byte, error) {
	path, err := findProgram("ssh")
	if err != nil || !tellsConfiguration(path) {
		return nil
	}
	return sshAt(path)
}

// programTimeout bounds what a program of the system may take that nobody waits at.
const programTimeout = 5 * time.Second

func tellsConfiguration(path string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), programTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-V")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput() // OpenSSH's goes to standard error
	return err == nil && isRecentOpenSSH(out)
}

// isRecentOpenSSH reads what ssh -V prints: "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19", "OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2".
func isRecentOpenSSH(version []byte) bool {
	m := regexp.MustCompile(`(?m)^OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)`).FindSubmatch(version)
	if m == nil {
		return false
	}
	major, err1 := strconv.Atoi(string(m[1]))
	minor, err2 := strconv.Atoi(string(m[2]))
	return err1 == nil && err2 == nil && (major > 6 || major == 6 && minor >= 8)
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

// findProgram looks a program up in $PATH. Without a PATH, as in some batch systems, it looks where a shell would.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || os.Getenv("PATH") != "" {
		return path, err
	}
	for _, dir := range []string{"/usr/bin", "/bin"} {
		if found, err := exec.LookPath(dir + "/" + name); err == nil {
			return found, nil
		}
	}
	return "", err
}
