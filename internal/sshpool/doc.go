// Package sshpool makes SSH connections to one host and hands out SFTP channels on them.
//
// A [Pool] dials up to Options.Connections connections ([Conn]) and opens up to Options.Sessions channels
// ([Channel]) on each. Whoever wants one more channel calls [Pool.Open]; whoever is done closes the channel, and a connection
// ends with its last channel.
//
// # One login first
//
// The first login goes alone. Until it has succeeded no other connection is dialled, so one host key is
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
