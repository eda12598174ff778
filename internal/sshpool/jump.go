package sshpool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"mscp/internal/sshconf"
)

// ErrForwarding is a jump host that forwards no connections to others (sshd's AllowTcpForwarding and PermitOpen).
var ErrForwarding = errors.New("the jump host refuses to forward connections there")

// JumpError is a jump host that could not be logged in to. Err says why and names it.
type JumpError struct {
	Host string // the jump host, as the user wrote it
	Err  error
}

func (e *JumpError) Error() string { return "jump host " + e.Err.Error() }
func (e *JumpError) Unwrap() error { return e.Err }

// errNoRoom is a connection to a jump host that carries as many others as the server admits on it.
var errNoRoom = errors.New("the jump host admits no further channel on this connection")

// jumpPool is the pool of connections to the host that o's host is reached through. They carry as many channels as the
// server admits; only then another one is made. Unlike others they stay until the pool is closed: the next login through them may
// follow, and theirs may have taken a secret that is good for once. The password given beforehand is the target's,
// and no jump host sees it.
func jumpPool(o Options) *Pool {
	jump := o
	jump.Host = o.Host.Jump
	jump.Sessions = math.MaxInt
	jump.Password = ""
	jump.Ahead = 0
	jump.Limited = nil
	if o.Log != nil {
		jump.Log = func(level int, format string, args ...any) {
			o.Log(level, "jump host %s: %s", jump.Host.Alias, fmt.Sprintf(format, args...))
		}
	}
	p := New(jump)
	p.packed = true
	return p
}

// forward opens a connection from this pool's host to h (direct-tcpip, RFC 4254 section 7.2). The name is resolved there.
func (p *Pool) forward(ctx context.Context, h *sshconf.Host) (net.Conn, error) {
	ch, err := p.open(ctx, opening{
		timeout: cmp.Or(h.ConnectTimeout, p.o.patience()),
		late:    &DialError{Host: h.Alias, Addr: h.Addr(), Via: p.o.Host.Alias, Kind: Timeout, Err: context.DeadlineExceeded},
		open:    func(c *Conn) (*Channel, error) { return c.forward(h) },
	})
	var dial *DialError
	switch {
	case err == nil:
		return &forwarded{Channel: ch, remote: viaAddr(h.Addr())}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, new(*JumpError)), errors.As(err, &dial) && dial.Via != "":
		return nil, err
	}
	return nil, &JumpError{p.o.Host.Alias, err}
}

func (c *Conn) forward(h *sshconf.Host) (*Channel, error) {
	ch, reqs, err := c.ssh.OpenChannel("direct-tcpip", ssh.Marshal(struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}{h.HostName, uint32(h.Port), "127.0.0.1", 0}))
	if err == nil {
		return newChannel(c, ch, reqs), nil
	}
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) {
		return nil, c.lost(err)
	}
	c.pool.o.Log(1, "connection %d: no channel to %s: %v", c.id, h.Addr(), printable(refused.Message))
	e := &DialError{Host: h.Alias, Addr: h.Addr(), Via: c.pool.o.Host.Alias, Kind: Failed, Err: errors.New(printable(refused.Message))}
	if refused.Reason == ssh.ConnectionFailed {
		return nil, e
	}
	if c.full() > 0 {
		return nil, errNoRoom
	}
	c.shut(ErrClosed) // it is of no use to the next
	e.Err = ErrForwarding
	return nil, e
}

// forwarded is a channel of a jump host as a network connection. Its deadline ends it: a handshake that is late is
// not taken up again.
type forwarded struct {
	*Channel
	remote viaAddr

	mu    sync.Mutex
	timer *time.Timer
	late  atomic.Bool
}

func (f *forwarded) Read(p []byte) (int, error) {
	n, err := f.Channel.Read(p)
	return n, f.why(err)
}

func (f *forwarded) Write(p []byte) (int, error) {
	n, err := f.Channel.Write(p)
	return n, f.why(err)
}

func (f *forwarded) why(err error) error {
	if err != nil && f.late.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (f *forwarded) Close() error {
	_ = f.SetDeadline(time.Time{}) // never fails
	return f.Channel.Close()
}

func (f *forwarded) SetDeadline(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
	if !t.IsZero() {
		f.timer = time.AfterFunc(time.Until(t), func() {
			f.late.Store(true)
			_ = f.Channel.Close()
		})
	}
	return nil
}

func (f *forwarded) SetReadDeadline(t time.Time) error  { return f.SetDeadline(t) }
func (f *forwarded) SetWriteDeadline(t time.Time) error { return f.SetDeadline(t) }
func (f *forwarded) LocalAddr() net.Addr                { return f.remote }
func (f *forwarded) RemoteAddr() net.Addr               { return f.remote }

var _ net.Conn = (*forwarded)(nil)
