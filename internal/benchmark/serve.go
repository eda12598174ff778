package benchmark

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"mscp/internal/benchmark/link"
	"mscp/internal/benchmark/result"
	"mscp/internal/sshserver"
)

// Kinds of server on this machine.
const (
	Embedded = "embedded" // sshserver in this process
	SSHD     = "sshd"     // the system's
	Host     = "host"     // not on this machine
)

// alias is what the configuration that is written for a server of ours calls it.
const alias = "bench"

// place is where a server of ours listens, and how clients get there.
type place struct {
	path   result.Path
	listen func(ctx context.Context) (net.Listener, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	client func(*exec.Cmd) error // starts a client
	server func(*exec.Cmd) error // starts a server
	in     []func(func() error) error
}

func loopback() place {
	return place{
		path: result.Path{Kind: result.Loopback},
		listen: func(ctx context.Context) (net.Listener, error) {
			return new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
		},
		dial:   new(net.Dialer).DialContext,
		server: (*exec.Cmd).Start,
	}
}

func behind(l *link.Link, c link.Config) place {
	return place{
		path: result.Path{Kind: result.Emulated, Link: c.String(), RTT: c.RTT.Seconds()},
		listen: func(ctx context.Context) (net.Listener, error) {
			return l.Server().Listen(ctx, "tcp", net.JoinHostPort(l.ServerAddr().String(), "0"))
		},
		dial:   l.Client().DialContext,
		client: l.Client().Start,
		server: l.Server().Start,
		in:     []func(func() error) error{l.Client().Do, l.Server().Do},
	}
}

// Serve starts a server of a kind on this machine, reachable over loopback or, if l is not nil, over that link, which stays the caller's.
// dir is for keys and configuration; dirs are the target's.
func Serve(ctx context.Context, kind string, dir Store, dirs map[string]Store, l *link.Link, c link.Config) (*Target, error) {
	p := loopback()
	if l != nil {
		p = behind(l, c)
	}
	ctx = context.WithoutCancel(ctx) // a server ends after its clients, with Target.Close
	t := &Target{Server: kind, Path: p.path, Host: alias, Shell: kind == SSHD, Dirs: dirs, Start: p.client, In: p.in}
	k, err := newKeys(filepath.Join(dir.Path(), kind))
	if err == nil {
		err = map[string]func(context.Context, place, *Target, *keys) error{Embedded: serveEmbedded, SSHD: serveSSHD}[kind](ctx, p, t, k)
	}
	if err == nil {
		err = t.serveRaw(ctx, p)
	}
	if err == nil {
		err = t.configure(k)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the %s server: %w", kind, err), t.Close())
	}
	return t, nil
}

func (t *Target) serveRaw(ctx context.Context, p place) error {
	l, err := p.listen(ctx)
	if err != nil {
		return err
	}
	t.raw = serveRaw(ctx, l, p.dial)
	t.close = append(t.close, t.raw.Close)
	return nil
}

func serveEmbedded(ctx context.Context, p place, t *Target, k *keys) error {
	s, err := sshserver.New(sshserver.Options{Home: k.dir, HostKeys: []ssh.Signer{k.host}, Keys: []ssh.PublicKey{k.client.PublicKey()}})
	if err != nil {
		return err
	}
	l, err := p.listen(ctx)
	if err != nil {
		return err
	}
	s.Serve(ctx, l)
	t.close = append(t.close, s.Close)
	t.at(l.Addr())
	return nil
}

func (t *Target) at(a net.Addr) {
	addr := a.(*net.TCPAddr)
	t.HostName, t.Port = addr.IP.String(), addr.Port
}

// configure writes what every tool needs to log in, and nothing of the user's.
func (t *Target) configure(k *keys) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	t.User, t.Key, t.KnownHosts = me.Username, k.path("key"), k.path("known_hosts")
	known := fmt.Sprintf("[%s]:%d %s", t.HostName, t.Port, ssh.MarshalAuthorizedKey(k.host.PublicKey()))
	config := fmt.Sprintf("Host %s\n HostName %s\n Port %d\n User %s\n IdentityFile %s\n IdentitiesOnly yes\n IdentityAgent none\n BatchMode yes\n"+
		" UserKnownHostsFile %s\n GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n ControlPath none\n",
		alias, t.HostName, t.Port, t.User, t.Key, t.KnownHosts)
	t.SSH = []string{"-F", k.path("config")}
	return errors.Join(os.WriteFile(t.KnownHosts, []byte(known), 0o600), os.WriteFile(k.path("config"), []byte(config), 0o600))
}

// keys are made for one server and thrown away with their directory.
type keys struct {
	dir          string
	host, client ssh.Signer
}

func newKeys(dir string) (k *keys, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	k = &keys{dir: dir}
	if k.host, err = sshserver.WriteKey(k.path("host_key")); err == nil {
		k.client, err = sshserver.WriteKey(k.path("key"))
	}
	if err == nil {
		err = os.WriteFile(k.path("authorized_keys"), ssh.MarshalAuthorizedKey(k.client.PublicKey()), 0o600)
	}
	return k, err
}

func (k *keys) path(name string) string { return filepath.Join(k.dir, name) }
