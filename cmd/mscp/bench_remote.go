package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"mscp/internal/benchmark"
	"mscp/internal/benchmark/result"
	"mscp/internal/bytepath"
	"mscp/internal/fsys"
	"mscp/internal/sshconf"
)

// reach makes the target of a server of the user's: its directory, and how each tool logs in.
func (b *bench) reach(ctx context.Context, to *destination) (*benchmark.Target, error) {
	host, d, err := b.dialer(ctx, to)
	if err != nil {
		return nil, err
	}
	b.close = append(b.close, d.Close)
	store := &remoteStore{ctx: context.WithoutCancel(ctx), d: d}
	b.close = append(b.close, store.hangUp)
	if err := store.make(to.dir, b.clean, b.show.Note); err != nil {
		return nil, err
	}
	b.close = append(b.close, store.Close)
	t := benchmark.RemoteTarget()
	t.Dirs[result.Memory], t.Dirs[result.Disk] = store, store
	t.Host, t.SSH = to.Host, b.sshArgs(to)
	if strings.Contains(to.Host, ":") { // scp wants an IPv6 address in brackets, ssh wants none
		t.Host = "bench-host"
		t.SSH = append(t.SSH, "-o", "HostName="+to.Host)
	}
	t.HostName, t.User = host.HostName, host.User
	if host.Jump == nil && host.ProxyCommand == "" {
		t.Port, t.Key, t.KnownHosts = host.Port, firstFile(host.IdentityFiles), firstFile(host.UserKnownHostsFiles)
	}
	return t, nil
}

// dialer is the copy command's, for what the benchmark itself does on the server.
func (b *bench) dialer(ctx context.Context, to *destination) (*sshconf.Host, *dialer, error) {
	f := b.flags
	f.connections, f.sessions, f.maxStartups, f.compress, f.stallTimeout = 1, 1, 1, "none", time.Minute
	f.options = append(f.options, "BatchMode=yes", "ControlPath=none")
	f.quiet = true
	c := newCopy(b.sys, &f, func(string) bool { return false })
	c.target = to.Endpoint
	c.display = c.newDisplay([]string{"", to.String()})
	host, _, err := sshconf.Resolve(ctx, to.Endpoint, c.sshFlags4Host(), sshconf.SystemEnv())
	if err != nil {
		return nil, nil, err
	}
	d, err := c.newDialer(ctx)
	return host, d, err
}

// sshArgs are the login flags as mscp, ssh, scp and sftp all take them.
func (b *bench) sshArgs(to *destination) (args []string) {
	if b.config != "" {
		args = append(args, "-F", b.config)
	}
	option := func(key, value string) {
		if value != "" {
			args = append(args, "-o", key+"="+value)
		}
	}
	for _, o := range b.options {
		args = append(args, "-o", o)
	}
	for _, i := range b.identities {
		option("IdentityFile", i)
	}
	if b.port != 0 {
		option("Port", strconv.Itoa(b.port))
	}
	if b.login != "" {
		option("User", b.login)
	} else {
		option("User", to.User)
	}
	option("ProxyJump", b.jump)
	option("BatchMode", "yes")
	// With a ControlMaster of the configuration some tools would log in and others go on their connection, and a process would stay behind.
	option("ControlPath", "none")
	return args
}

func firstFile(files []string) string {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			return f
		}
	}
	return ""
}

// remoteStore is a benchmark.Store on the server, over a connection of its own that is dialled again when it was lost.
type remoteStore struct {
	ctx  context.Context // of the run, but not cancelled with it: the directory is to be removed
	d    *dialer
	lane *lane
	dir  string

	dialled bool // once at least
}

var _ benchmark.Store = (*remoteStore)(nil)

// do calls fn, a second time on a new connection if the first was lost meanwhile.
func (r *remoteStore) do(fn func(fsys.FS) error) error {
	for again := false; ; again = true {
		if err := r.open(again || r.dialled); err != nil {
			return err
		}
		err := fn(r.lane.FS())
		if err == nil || !fsys.Lost(err) {
			return err
		}
		_ = r.hangUp() // it is lost
		if again {
			return err
		}
	}
}

// A server that was there before may be just starting anew.
const (
	redials    = 5
	redialWait = 2 * time.Second
)

func (r *remoteStore) open(again bool) (err error) {
	for try := 1; r.lane == nil; try++ {
		if r.lane, err = r.d.open(r.ctx); err == nil {
			r.dialled = true
			return nil
		}
		r.lane = nil
		if !again || !retryable(err) || try == redials {
			return err
		}
		time.Sleep(redialWait)
	}
	return nil
}

func (r *remoteStore) hangUp() error {
	if r.lane == nil {
		return nil
	}
	err := r.lane.Close()
	r.lane = nil
	return err
}

// make makes the directory below parent, and tells of what others have left there.
func (r *remoteStore) make(parent string, clean bool, note func(string)) error {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	r.dir = bytepath.Join(parent, benchmark.DirPrefix+hex.EncodeToString(id[:]))
	return r.do(func(f fsys.FS) error {
		if err := leftovers(f, parent, clean, note); err != nil {
			return err
		}
		return f.Mkdir(r.dir, 0o700)
	})
}

// leftovers removes what other benchmarks have left below parent, or offers it. Whether one of them is at work cannot be seen over SFTP.
func leftovers(f fsys.FS, parent string, clean bool, note func(string)) error {
	var dirs []string // removed only after the listing: see removeFiles
	err := f.List(parent, func(i fsys.Info) error {
		if i.IsDir() && strings.HasPrefix(i.Name, benchmark.DirPrefix) {
			dirs = append(dirs, bytepath.Join(parent, i.Name))
		}
		return nil
	})
	for _, dir := range dirs {
		switch {
		case err != nil:
		case clean:
			note("removes " + dir + " on the server")
			err = removeTree(f, dir)
		default:
			note(fmt.Sprintf("a benchmark uses %s on the server, or was killed and left it: --clean removes it", dir))
		}
	}
	return err
}

// Path implements benchmark.Store.
func (r *remoteStore) Path() string { return r.dir }

// Local implements benchmark.Store.
func (r *remoteStore) Local() bool { return false }

func (r *remoteStore) at(name string) string { return bytepath.Join(r.dir, bytepath.Base(name)) }

// Usage implements benchmark.Store.
func (r *remoteStore) Usage(name string) (files, bytes int64, err error) {
	err = r.do(func(f fsys.FS) error {
		files, bytes = 0, 0
		info, err := f.Lstat(r.at(name))
		if err != nil {
			return err
		}
		return count(f, r.at(name), info, &files, &bytes)
	})
	return files, bytes, err
}

func count(f fsys.FS, name string, i fsys.Info, files, bytes *int64) error {
	switch {
	case i.IsRegular():
		*files++
		*bytes += i.Size
	case i.IsDir():
		return f.List(name, func(i fsys.Info) error { return count(f, bytepath.Join(name, i.Name), i, files, bytes) })
	}
	return nil
}

// Zeros implements benchmark.Store.
func (r *remoteStore) Zeros(name string, size int64) error {
	return r.do(func(f fsys.FS) error {
		file, err := f.Create(r.at(name), 0o600, true)
		if err != nil {
			return err
		}
		return errors.Join(file.Truncate(size), file.Close())
	})
}

// Remove implements benchmark.Store.
func (r *remoteStore) Remove(name string) error {
	return r.do(func(f fsys.FS) error { return removeTree(f, r.at(name)) })
}

// removesAtOnce hides the round trips of a long path.
const removesAtOnce = 64

// removeTree removes name and all below it; links are not followed.
func removeTree(f fsys.FS, name string) error {
	info, err := f.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return f.Remove(name)
	}
	var dirs []string // each before those in it
	group := new(errgroup.Group)
	group.SetLimit(removesAtOnce)
	err = removeFiles(f, name, &dirs, group)
	if err = errors.Join(err, group.Wait()); err != nil {
		return err
	}
	for _, dir := range slices.Backward(dirs) {
		if err := f.Remove(dir); err != nil {
			return err
		}
	}
	return nil
}

// removeFiles removes what is not a directory. Nothing is removed from a directory while it is listed: servers may then leave some out.
func removeFiles(f fsys.FS, dir string, dirs *[]string, group *errgroup.Group) error {
	*dirs = append(*dirs, dir)
	var entries []fsys.Info
	err := f.List(dir, func(i fsys.Info) error {
		entries = append(entries, i)
		return nil
	})
	for _, i := range entries {
		name := bytepath.Join(dir, i.Name)
		switch {
		case err != nil:
		case i.IsDir():
			err = removeFiles(f, name, dirs, group)
		default:
			group.Go(func() error { return f.Remove(name) })
		}
	}
	return err
}

// Free implements benchmark.Store.
func (r *remoteStore) Free() (free int64, err error) {
	err = r.do(func(f fsys.FS) error {
		space, err := f.Space(r.dir)
		free = int64(min(space.Available, 1<<62))
		if errors.Is(err, fsys.ErrUnsupported) {
			free, err = -1, nil
		}
		return err
	})
	return free, err
}

// Close implements benchmark.Store.
func (r *remoteStore) Close() error {
	if err := r.do(func(f fsys.FS) error { return removeTree(f, r.dir) }); err != nil {
		return fmt.Errorf("%s is left on the server: %w", r.dir, err)
	}
	return nil
}

// towards is the address that the route to a server is looked up for.
func (b *bench) towards(t *benchmark.Target) string {
	return net.JoinHostPort(t.HostName, strconv.Itoa(max(t.Port, 22)))
}
