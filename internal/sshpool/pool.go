package sshpool

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Pool holds the connections to one host. Its methods may be called by many goroutines at once.
type Pool struct {
	o    Options
	gate *gate
	keys *hostKeys
	auth *auth
	jump *Pool // connections to the jump host; nil: none

	packed bool // fill each connection before another is made, and keep it without channels

	mu     sync.Mutex
	conns  []*Conn // dialled or being dialled
	lastID int
	final  error  // why nothing more is dialled
	shared bool   // all channels go to the connections that there are
	untold bool   // the user does not know that yet
	pinned string // the address of the first connection: see pin
	closed bool
	ahead  ahead
	freed  chan struct{} // closed when a channel or a connection has ended; nil: nobody waits

	unanswered unanswered

	closing chan struct{}
	opens   sync.WaitGroup // Opens under way
	running sync.WaitGroup // goroutines of connections
}

// New returns a pool that has not dialled yet.
func New(o Options) *Pool {
	var jump *Pool
	if o.Host.Jump != nil {
		jump = jumpPool(o)
	}
	o = o.withDefaults()
	return &Pool{o: o, gate: newGate(o), keys: newHostKeys(o), auth: newAuth(o), jump: jump, ahead: ahead{patience: aheadPatience},
		closing: make(chan struct{})}
}

// Open returns one more SFTP channel: on a new connection while there are fewer than Options.Connections,
// afterwards on the connection with the fewest channels. It waits its turn among the logins under way. The context
// bounds the opening, not the channel's life.
func (p *Pool) Open(ctx context.Context) (*Channel, error) {
	return p.open(ctx, opening{open: (*Conn).session, timeout: p.o.patience(), late: p.o.late()})
}

// opening is a way to open a channel. With a timeout, late is the error of a server that has not answered by then.
type opening struct {
	open    func(*Conn) (*Channel, error)
	timeout time.Duration
	late    error
}

func (p *Pool) open(ctx context.Context, o opening) (*Channel, error) {
	ctx, cancel, err := p.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	for {
		c, mine, freed, err := p.reserve()
		if freed != nil {
			select {
			case <-freed:
				continue
			case <-ctx.Done():
				return nil, p.closedOr(ctx.Err())
			}
		}
		if err != nil {
			return nil, err
		}
		if mine {
			p.finish(ctx, c)
		} else {
			p.tellShared()
		}
		ch, err := c.open(ctx, o)
		if err == nil {
			return ch, nil
		}
		p.failed(err)
		c.release()
		if err == errNoRoom || p.shareOne(err) || !mine && errors.Is(err, ErrSessionRefused) && p.leaving() {
			continue
		}
		if (p.packed && !mine || c.early != nil && mine) && errors.As(err, new(lostError)) { // it was old: another is made
			p.remove(c)
			continue
		}
		// Another Open's dial, given up because that caller's context ended, says nothing about the host.
		if !mine && isContext(err) && ctx.Err() == nil {
			continue
		}
		return nil, p.closedOr(err)
	}
}

// Conns is the number of connections that are logged in.
func (p *Pool) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, c := range p.conns {
		if c.live() {
			n++
		}
	}
	return n
}

// Close ends all connections, makes every Open under way return, and waits for all goroutines.
func (p *Pool) Close() error {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.closing)
		p.endAhead()
	}
	p.mu.Unlock()
	p.shutAll()
	p.opens.Wait()
	p.shutAll() // what an Open has finished dialling meanwhile
	if p.jump != nil {
		_ = p.jump.Close() // nil
	}
	p.running.Wait()
	return nil
}

// spawn runs f unless the pool is closed, and then reports false: nothing may be added to what Close waits for.
func (p *Pool) spawn(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running.Go(f)
	return true
}

func (p *Pool) shutAll() {
	p.mu.Lock()
	conns := slices.Clone(p.conns)
	p.mu.Unlock()
	for _, c := range conns {
		c.shut(ErrClosed)
	}
}

// begin counts an Open in and ties its context to the pool's life.
func (p *Pool) begin(ctx context.Context) (context.Context, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, ErrClosed
	}
	p.opens.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-p.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); <-done; p.opens.Done() }, nil
}

func (p *Pool) closedOr(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	return err
}

// reserve finds the connection for one more channel and counts the channel on it. mine: the caller must dial it. freed is set where the
// only room is that of a channel whose end the server has not confirmed yet; it is closed when that may have changed.
func (p *Pool) reserve() (c *Conn, mine bool, freed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, mine, err = p.place()
	if err != nil && !p.closed && p.anyLeaving() {
		if p.freed == nil {
			p.freed = make(chan struct{})
		}
		return nil, false, p.freed, nil
	}
	return c, mine, nil, err
}

func (p *Pool) leaving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.anyLeaving()
}

// anyLeaving tells whether a connection will have room once the server has confirmed the end of a channel; p.mu is held.
func (p *Pool) anyLeaving() bool {
	return slices.ContainsFunc(p.conns, func(c *Conn) bool { return c.users < min(c.limit, c.channels) })
}

// roomChanged wakes those that wait for room; p.mu is held.
func (p *Pool) roomChanged() {
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}

// place is reserve without the wait; p.mu is held.
func (p *Pool) place() (c *Conn, mine bool, err error) {
	if p.closed {
		return nil, false, ErrClosed
	}
	if p.packed {
		for _, c := range p.conns {
			if c.channels < c.limit {
				c.users++
				c.channels++
				return c, false, nil
			}
		}
	}
	if len(p.conns) < p.o.Connections {
		if c = p.takeAhead(); c != nil {
			p.conns = append(p.conns, c)
			return c, true, nil
		}
	}
	if p.final == nil && len(p.conns) < p.o.Connections {
		p.lastID++
		c = newConn(p, p.lastID)
		p.conns = append(p.conns, c)
		return c, true, nil
	}
	for _, other := range p.conns {
		if other.channels < other.limit && (c == nil || other.channels < c.channels) {
			c = other
		}
	}
	if c != nil {
		c.users++
		c.channels++
		return c, false, nil
	}
	if p.final != nil {
		return nil, false, p.final
	}
	return nil, false, ErrFull
}

// failed remembers an error that would only repeat itself.
func (p *Pool) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.final == nil && final(err) {
		p.final = err
		if p.ahead.begun {
			p.ahead.drop()
		}
	}
}

func (p *Pool) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.final
}

// dialAgain dials, and dials again when the server drops the connection before login, which a busy one does
// (MaxStartups): 6 times within about 15 s. Between the attempts others may log in.
func (p *Pool) dialAgain(ctx context.Context, c *Conn) error {
	pause := 250 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := p.dialOnce(ctx, c)
		if !errors.Is(err, ErrDropped) || errors.As(err, new(*JumpError)) || attempt == 6 {
			return err
		}
		p.gate.narrow()
		wait := time.Duration(float64(pause) * p.o.jitter())
		p.o.Log(1, "connection %d: dropped before login, again in %v", c.id, wait.Round(time.Millisecond))
		if err := p.o.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
		pause *= 2
	}
}

func (p *Pool) dialOnce(ctx context.Context, c *Conn) error {
	if err := p.gate.enter(ctx); err != nil {
		return err
	}
	defer p.gate.leave()
	if err := p.ended(); err != nil { // the login that we waited for has settled it
		return err
	}
	err := c.dial(ctx, nil)
	p.failed(err) // before the place is given to the next
	if err != nil {
		p.dropAhead()
	}
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
