package sshpool

import (
	"errors"
	"fmt"
)

// shareOne handles a server whose one-time password has let the first connection in and lets no other: from then on the channels
// that the further connections would have carried are opened on the ones that there are. It reports whether the
// Open that found out, or came too late, should try again so.
func (p *Pool) shareOne(err error) bool {
	var auth *AuthError
	if !errors.As(err, &auth) || !auth.OneTime {
		return false
	}
	any, first := p.share()
	if first {
		p.o.Notice(fmt.Sprintf("%s: the password is good for one login only: %d channels on that one connection instead of further "+
			"connections, so one core and one TCP stream carry them all; ssh -fNM %[1]s beforehand (ControlMaster) spares the question too",
			p.o.Host.Alias, p.o.Connections*p.o.Sessions))
	}
	return any
}

// share lets the connections that there are carry all channels. It reports whether there are any, and whether it was the first.
func (p *Pool) share() (any, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) == 0 || p.shared {
		return len(p.conns) > 0, false
	}
	p.shared = true
	for _, c := range p.conns {
		if c.limit == p.o.Sessions { // not yet lowered to what the server admits
			c.limit *= p.o.Connections
		}
	}
	return true, true
}
