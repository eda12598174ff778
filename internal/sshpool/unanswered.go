package sshpool

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// answerWithin is how long a new connection may be without any answer before the user hears of it. A server answers within a round
// trip; firewalls that limit new connections say nothing at all.
const answerWithin = 10 * time.Second

// answerBurst is the time over which sites usually count new connections.
const answerBurst = time.Minute

// unanswered watches new connections for a site that limits them.
type unanswered struct {
	mu      sync.Mutex
	answers []time.Time // when the server answered, within answerBurst
	told    bool
}

// watchAnswer watches one new connection until the returned function is called, with whether the server has answered. All calls but the
// first are without effect.
func (p *Pool) watchAnswer() (end func(answered bool)) {
	ended := make(chan bool, 1)
	before := p.received()
	p.running.Go(func() {
		late := time.NewTimer(p.o.AnswerWithin)
		defer late.Stop()
		select {
		case answered := <-ended:
			p.unanswered.count(answered)
			return
		case <-late.C:
		}
		alone := p.tellUnanswered(p.moves(before))
		answered := <-ended
		p.unanswered.count(answered)
		if answered && alone { // the server was there, and let the connection wait
			p.o.Limited(0)
		}
	})
	var once sync.Once
	return func(answered bool) { once.Do(func() { ended <- answered }) }
}

// tellUnanswered tells the user once that a new connection gets no answer, and what may help. That the site limits connections is remembered only
// where the server answered others a moment ago, and still sends over them: else the path may be dead. It reports whether
// no other was answered.
func (p *Pool) tellUnanswered(moves bool) (alone bool) {
	n, first := p.unanswered.state()
	if !first {
		return n == 0
	}
	what := fmt.Sprintf("%s: a new connection got no answer within %v. ", p.o.Host.Alias, p.o.AnswerWithin)
	if n == 0 {
		p.o.Notice(what + "The host may be down, or the site may limit new connections: then wait a minute, and use fewer (-n) or space them out (-I 5)")
		return true
	}
	p.o.Notice(what + fmt.Sprintf("The site may limit them: it answered %d in the last minute; use fewer (-n %d), or space them out (-I 5)", n, n))
	if moves {
		p.o.Limited(n)
	}
	return false
}

// count notes that a connection was answered.
func (u *unanswered) count(answered bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if answered {
		u.answers = append(u.answers, time.Now())
	}
}

// state returns how many connections were answered of late, and whether nobody has asked before.
func (u *unanswered) state() (answered int, first bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers = slices.DeleteFunc(u.answers, func(t time.Time) bool { return time.Since(t) > answerBurst })
	first, u.told = !u.told, true
	return len(u.answers), first
}

// received is what has come from the server over each connection that is logged in.
func (p *Pool) received() map[*Conn]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	bytes := make(map[*Conn]int64)
	for _, c := range p.conns {
		if c.live() {
			bytes[c] = c.net.received.Load()
		}
	}
	return bytes
}

// moves reports whether something has come over one of the connections since.
func (p *Pool) moves(since map[*Conn]int64) bool {
	for c, bytes := range p.received() {
		if before, there := since[c]; there && bytes > before {
			return true
		}
	}
	return false
}
