package benchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoSSHD is a machine without sshd.
var ErrNoSSHD = errors.New("sshd is not installed")

// findSSHD returns the path of the system's sshd, which insists on being called by an absolute one and is rarely in a user's PATH.
func findSSHD() (string, error) {
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/lib/ssh", "/sbin"} {
		path := filepath.Join(dir, "sshd")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", ErrNoSSHD
}

// startWithin is how long sshd may take until it answers.
const startWithin = 10 * time.Second

// lingerWithin is how long sessions may outlive sshd.
const lingerWithin = 2 * time.Second

// serveSSHD starts the system's sshd with a configuration of our own, for this user alone.
func serveSSHD(ctx context.Context, p place, t *Target, k *keys) error {
	program, err := findSSHD()
	if err != nil {
		return err
	}
	l, err := p.listen(ctx)
	if err != nil {
		return err
	}
	t.at(l.Addr()) // a port that is free now; sshd cannot take the listener over
	if err := l.Close(); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // sshd's privilege separation directory, which no init script has made in a container
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(k.path("sshd_config"), []byte(sshdConfig(t, k)), 0o600); err != nil {
		return err
	}
	d := &daemon{cmd: exec.Command("sh", "-c", keeper, program, k.path("sshd_config"))}
	d.cmd.Stderr = &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	d.cmd.WaitDelay = lingerWithin // sessions hold its standard error as long as their connections live
	if d.stdin, err = d.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := p.server(d.cmd); err != nil {
		return err
	}
	d.ended = make(chan struct{})
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // sshd is always killed
	}()
	t.close = append(t.close, d.close)
	return d.ready(ctx, p, net.JoinHostPort(t.HostName, fmt.Sprint(t.Port)))
}

// keeper is a shell script that ends sshd when its standard input ends, so also when this process is killed.
const keeper = `"$0" -D -e -f "$1" </dev/null & while read -r _; do :; done; kill $! 2>/dev/null; wait`

// sshdConfig has limits that no run reaches: they are not what is measured.
func sshdConfig(t *Target, k *keys) string {
	return strings.Join([]string{
		fmt.Sprintf("ListenAddress %s", t.HostName), fmt.Sprintf("Port %d", t.Port),
		"HostKey " + k.path("host_key"), "AuthorizedKeysFile " + k.path("authorized_keys"),
		"PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
		"MaxStartups 500:1:1000", "MaxSessions 100", "UseDNS no", "PrintMotd no", "PrintLastLog no", "Subsystem sftp internal-sftp", "",
	}, "\n")
}

// daemon is a running sshd.
type daemon struct {
	cmd   *exec.Cmd
	stdin io.Closer
	log   lockedBuffer
	ended chan struct{}
}

// close ends sshd and its sessions, which have process groups of their own; they end with their connections.
func (d *daemon) close() error {
	_ = d.stdin.Close()
	select {
	case <-d.ended:
	case <-time.After(startWithin):
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
	return nil
}

// ready waits until sshd says who it is.
func (d *daemon) ready(ctx context.Context, p place, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		// The keeper lives on where sshd ends at once: what sshd said is then the reason.
		err := greeted(ctx, p, addr)
		if err == nil {
			return nil
		}
		select {
		case <-d.ended:
			return fmt.Errorf("sshd ended: %s", d.log.last())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("sshd did not answer within %v: %s", startWithin, d.log.last()), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func greeted(ctx context.Context, p place, addr string) error {
	c, err := p.dial(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	var b [4]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	if string(b[:]) != "SSH-" {
		return &fs.PathError{Op: "greeting", Path: addr, Err: fs.ErrInvalid}
	}
	return nil
}

// lockedBuffer is written by a process and read here.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 64<<10 { // a session for each run writes a line or two
		l.b.Reset()
	}
	return l.b.Write(p)
}

func (l *lockedBuffer) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(l.b.String()), "\n")
	return lines[len(lines)-1]
}
