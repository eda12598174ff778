package sshpool

import (
	"errors"
	"fmt"
)

// dialNoMore keeps the pool to the connections that there are: the login took a one-time code. Each further login would be a failed
// one in the server's log, and for its administrators an attack.
func (p *Pool) dialNoMore() {
	h := p.o.Host
	p.failed(&AuthError{Host: h.Alias, User: h.User, OneTime: true})
	p.share()
}

// shareOne handles a login that is not made or was rejected because the first one took what is good for one login only: the channels
// that the further connections would have carried are opened on the ones that there are. It reports whether there are any.
func (p *Pool) shareOne(err error) bool {
	var auth *AuthError
	if !errors.As(err, &auth) || !auth.OneTime {
		return false
	}
	return p.share()
}

// share lets the connections that there are carry all channels. It reports whether there are any.
func (p *Pool) share() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) == 0 || p.shared {
		return len(p.conns) > 0
	}
	p.shared, p.untold = true, !p.packed
	for _, c := range p.conns {
		if c.limit == p.o.Sessions && !p.packed { // not yet lowered to what the server admits
			c.limit *= p.o.Connections
		}
	}
	return true
}

// tellShared tells once what the user gives up, when a channel goes to a connection in place of another connection.
func (p *Pool) tellShared() {
	p.mu.Lock()
	untold := p.untold && p.o.Connections > 1
	p.untold = false
	p.mu.Unlock()
	if untold {
		p.o.Notice(fmt.Sprintf("%s: the login took a one-time answer, so mscp opens %d channels on that one connection instead of further "+
			"connections. One core and one TCP stream carry them all. To log in once for several copies, %s",
			p.o.Host.Alias, p.o.Connections*p.o.Sessions, masterAdvice(p.o)))
	}
}
