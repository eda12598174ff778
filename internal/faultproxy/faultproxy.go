// Package faultproxy is a TCP relay on the loopback interface that harms what passes through it, for tests.
//
// It stands between a client and a server that know nothing of it, and does what networks do: connections are refused, reset,
// ended in one direction, slowed down, silenced, or delivered with a bit flipped. Each connection has a [Fault] of its own, chosen
// by its number. Bytes are counted in one direction, so that a fault strikes at the same place however the other direction flows.
package faultproxy

import (
	"cmp"
	"context"
	"net"
	"sync"
	"time"
)

// Direction is one half of a connection.
type Direction int

const (
	Up   Direction = iota // from the client to the server
	Down                  // from the server to the client
)

// Fault is what happens to one connection. The zero value lets everything pass. Kinds strike when At bytes have passed in
// direction Dir.
type Fault struct {
	Refuse bool   // the connection is closed before the server hears of it
	To     string // another server's address; empty: the proxy's

	Kind Kind
	Dir  Direction
	At   int64 // bytes

	Delay time.Duration // before each piece of data, in each direction
	Rate  int64         // bytes per second in each direction; 0: as fast as can be
}

// Kind is what strikes at a byte.
type Kind int

const (
	None      Kind = iota
	Reset          // both sides get a TCP reset
	BlackHole      // nothing passes any more, in either direction, and the connection stays open
	HalfClose      // direction Dir ends (FIN); the other one goes on
	BitFlip        // that byte, counted from 0, arrives with one bit changed; all others are well
)

// Proxy is a running relay.
type Proxy struct {
	to       string
	fault    func(n int) Fault
	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns int
}

// Start relays connections to the TCP address to, until ctx ends or Close is called. fault is asked for each connection, numbered from 1.
func Start(ctx context.Context, to string, fault func(n int) Fault) (*Proxy, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Proxy{to: to, fault: fault, listener: l, cancel: cancel}
	p.wg.Go(func() { <-ctx.Done(); l.Close() })
	p.wg.Go(func() { p.accept(ctx) })
	return p, nil
}

// Port is where the proxy listens on 127.0.0.1.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Conns is how many connections have come so far, refused ones included.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns
}

// Close ends all connections and waits for every goroutine.
func (p *Proxy) Close() {
	p.cancel()
	p.wg.Wait()
}

func (p *Proxy) accept(ctx context.Context) {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns++
		f := p.fault(p.conns)
		p.mu.Unlock()
		p.wg.Go(func() { p.relay(ctx, c.(*net.TCPConn), f) })
	}
}

// relay serves one connection to its end.
func (p *Proxy) relay(ctx context.Context, client *net.TCPConn, f Fault) {
	defer client.Close()
	if f.Refuse {
		_ = client.SetLinger(0) // a reset, as from a port where nobody listens
		return
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp4", cmp.Or(f.To, p.to))
	if err != nil {
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	l := &link{Fault: f, ctx: ctx, client: client, server: server, dark: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { client.Close(); server.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { l.pump(Up, server, client) })
	both.Go(func() { l.pump(Down, client, server) })
	both.Wait()
}
