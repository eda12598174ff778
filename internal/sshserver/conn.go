package sshserver

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// loginGrace is how long a client may take to authenticate, as sshd's LoginGraceTime.
const loginGrace = 2 * time.Minute

// conn is one SSH connection.
type conn struct {
	*Server
	sessions atomic.Int64 // open now
}

// serve runs a connection to its end.
func (s *Server) serve(raw net.Conn, line Line) {
	defer s.left(raw)
	wire := newWire(raw, line)
	defer wire.Close()
	_ = raw.SetDeadline(time.Now().Add(loginGrace))
	in := sync.OnceFunc(s.startupEnds)
	defer in()
	sc, channels, requests, err := ssh.NewServerConn(wire, s.auth.config(in))
	if err != nil {
		return
	}
	_ = raw.SetDeadline(time.Time{})
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	c := &conn{Server: s}
	for ch := range channels {
		c.open(ch)
	}
	_ = sc.Close()
}

// open accepts a session channel or says why not, in sshd's words.
func (c *conn) open(nch ssh.NewChannel) {
	switch {
	case nch.ChannelType() != "session":
		_ = nch.Reject(ssh.UnknownChannelType, "unsupported channel type")
		return
	case c.sessions.Load() >= int64(c.o.maxSessions()):
		c.stats.note(func(st *Stats) { st.Refused++ })
		_ = nch.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	ch, requests, err := nch.Accept()
	if err != nil {
		return
	}
	c.sessions.Add(1)
	c.wg.Go(func() { c.session(ch, requests) })
}

// session answers a channel's requests. The first for the SFTP subsystem starts it; there is nothing else to run.
func (c *conn) session(ch ssh.Channel, requests <-chan *ssh.Request) {
	started := false
	for r := range requests {
		var name struct{ Subsystem string }
		ok := r.Type == "subsystem" && ssh.Unmarshal(r.Payload, &name) == nil &&
			name.Subsystem == "sftp" && !c.o.NoSFTP && !started
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
		if ok {
			started = true
			c.wg.Go(func() { c.sftp(ch) })
		}
	}
	if !started {
		c.ended(ch)
	}
}

// sftp serves one channel until the client ends it.
func (c *conn) sftp(ch ssh.Channel) {
	defer c.ended(ch)
	c.stats.note(func(st *Stats) { st.Sessions++ })
	f := newFilter(ch, &c.o, c.stats.request)
	defer f.Close()
	srv, err := sftp.NewServer(f, sftp.WithAllocator(), sftp.WithServerWorkingDirectory(c.o.Home),
		sftp.WithMaxTxPacket(uint32(DefaultLimits().Read)))
	if err != nil {
		return
	}
	var code [4]byte
	if srv.Serve() != nil {
		code[3] = 255
	}
	_, _ = ch.SendRequest("exit-status", false, code[:])
}

func (c *conn) ended(ch io.Closer) {
	_ = ch.Close()
	c.sessions.Add(-1)
}
