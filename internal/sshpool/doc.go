// Package sshpool makes SSH connections to one host and hands out SFTP channels on them.
//
// A [Pool] dials up to Options.Connections connections ([Conn]) and opens up to Options.Sessions channels
// ([Channel]) on each. Whoever wants one more channel calls [Pool.Open]; whoever is done closes the channel, and a connection
// ends with its last channel.
//
// # One login first
//
// The first login goes alone. Until it has succeeded no other connection sends a credential, so one host key is
// confirmed, one secret is asked for, and one failure is all that a server ever sees: a wrong password tried by eight
// connections at once would lock the account (and, since OpenSSH 9.8, the address: PerSourcePenalties). From the
// first success on, the other connections log in side by side, at most Options.MaxStartups at a time, with the key
// or the answers that worked, and nobody is asked anything again. Where the server will not take an answer twice (a
// one-time password), the error says so and the pool goes on with the connections that it has: Open then opens
// further channels on those.
//
// A refusal that would only repeat itself ends all dialling: a host key that is not trusted, a failed
// authentication, no common algorithm, no SFTP subsystem. Later Opens that would need a new connection return the same error at once.
// A connection dropped before authentication (MaxStartups) is tried again after a growing pause, and fewer log in at once.
//
// # Connections made ahead
//
// A login takes a dozen round trips, one after the other. Where Options.Ahead says that further connections will surely be wanted, they
// are made as soon as the server would take a key of ours, before the first login's signature has arrived there, or else when a login has
// succeeded that others can follow. They go as far as the host key and the list of methods that answers "none"; at
// most Options.MaxStartups are unauthenticated at once, the first included. Each then waits until a login has succeeded, and authenticates as if
// it began only now: side by side with the others, or alone as the second login with an answer that somebody gave. The Opens to
// come get them. They ask nobody anything; a host key that only the user can accept ends them. When the first dial fails, or any login is refused, those
// that wait are closed without an attempt; so are those that have waited for 20 s, for a login or for an Open, which then
// dials as usual. That one of them fails otherwise is nobody's error. There are none through a jump host or a ProxyCommand, nor where logins
// go one at a time.
//
// # Jump hosts
//
// A host with a Jump is reached through a pool of connections to the jump host, which has its own key check, login and, maybe,
// jump host. One connection carries channels (direct-tcpip) for all the connections beyond it, for as long as the server
// admits them; then another one is made. A ProxyCommand's standard input and output serve in place of TCP; it ends with its
// connection, and Close waits for it.
//
// # Order of trust
//
// The host key is verified inside the key exchange, before the client asks for the authentication service
// (RFC 4253 section 8, RFC 4252): no credential, not even the user's name, is sent to a server that is not the one
// known_hosts holds.
//
// # Errors
//
// Every error is one of *[DialError], *[HostKeyError], *[AuthError], *[AlgorithmError], *[CongestionError],
// [ErrSessionRefused], [ErrNoSubsystem], [ErrFull], [ErrClosed], or the context's. What went wrong at a jump host comes in a
// *[JumpError]; a *[DialError] with Via is a jump host that could not go on.
package sshpool
