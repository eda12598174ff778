package sshserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Server is an SSH server on 127.0.0.1. Its methods may be called by many goroutines at once.
type Server struct {
	o     Options
	auth  *auth
	stats *stats

	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup // all of the server's goroutines

	mu       sync.Mutex
	conns    map[net.Conn]bool
	startups int
	closed   bool
}

// New prepares a server. It returns an error where it cannot make a host key or the home directory is unknown.
func New(o Options) (*Server, error) {
	if o.Home == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("home directory of the SFTP server: %w", err)
		}
		o.Home = dir
	}
	if len(o.HostKeys) == 0 {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		o.HostKeys = []ssh.Signer{key}
	}
	s := &Server{
		o: o, conns: make(map[net.Conn]bool),
		stats: &stats{exts: make(map[string]int)},
	}
	s.auth = &auth{o: &s.o, stats: s.stats, used: make(map[string]bool)}
	return s, nil
}

func newKey() (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("host key: %w", err)
	}
	return ssh.NewSignerFromSigner(private)
}

// Start listens on a free port of 127.0.0.1 and serves until ctx ends or Close. It is called once.
func (s *Server) Start(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("SFTP server: %w", err)
	}
	s.Serve(ctx, l)
	return nil
}

// Serve is Start with a listener of TCP that the server closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) {
	s.listener = l
	ctx, s.cancel = context.WithCancel(ctx)
	s.wg.Go(s.accept)
	s.wg.Go(func() {
		<-ctx.Done()
		s.shut()
	})
}

// Close ends the listener and all connections and waits for every goroutine. It is safe to call it again.
func (s *Server) Close() error {
	if s.cancel != nil {
		s.cancel()
	}
	s.wg.Wait()
	return nil
}

// shut closes the listener and all connections, and lets no further one in.
func (s *Server) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.listener.Close()
	for c := range s.conns {
		c.Close()
	}
}

// Addr is the address as host:port; the server must have been started.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Port is the TCP port; the server must have been started.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// HostKey is the first of the server's public keys.
func (s *Server) HostKey() ssh.PublicKey { return s.o.HostKeys[0].PublicKey() }

// KnownHosts is the line of a known_hosts file for the running server, with a newline.
func (s *Server) KnownHosts() string {
	return fmt.Sprintf("[%v]:%d %s", s.listener.Addr().(*net.TCPAddr).IP, s.Port(), ssh.MarshalAuthorizedKey(s.HostKey()))
}

// Stats is what the clients have done so far.
func (s *Server) Stats() Stats { return s.stats.snapshot() }

func (s *Server) accept() {
	for n := 1; ; {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // one connection that went away before it was taken
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		line := s.line(n)
		n++
		s.wg.Go(func() { s.serve(c, line) })
	}
}

func (s *Server) line(n int) Line {
	if s.o.Line == nil {
		return Line{}
	}
	return s.o.Line(n)
}

// admit registers a connection unless that would be one too many.
func (s *Server) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := s.o.MaxStartups > 0 && s.startups >= s.o.MaxStartups || s.o.MaxConns > 0 && len(s.conns) >= s.o.MaxConns
	s.stats.note(func(st *Stats) {
		if over {
			st.Dropped++
		} else {
			st.Conns++
		}
	})
	if over || s.closed {
		return false
	}
	s.conns[c] = true
	s.startups++
	return true
}

// startupEnds makes room for another connection to authenticate.
func (s *Server) startupEnds() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startups--
}

// left forgets a connection that has ended.
func (s *Server) left(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}
