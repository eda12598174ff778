package sshserver

// Fault is one way in which a server misbehaves. One value serves all channels of a server, from many goroutines at once.
type Fault interface {
	// Request sees a request before the server does.
	Request(c *Call) Action
	// Reply sees the reply, the server's or a fault's own, before the client does. It returns Pass, Drop, Hold or Release.
	Reply(c *Call) Action
}

// Action says how a packet goes on.
type Action int

const (
	// Pass lets the packet go on, changed or not.
	Pass Action = iota
	// Drop makes it disappear: the client never gets an answer.
	Drop
	// Answer sends c.Reply to the client; the server never sees the request.
	Answer
	// Hold keeps the reply until Release, or until the channel has been idle for a moment.
	Hold
	// Release lets the reply go on, and after it all that are held, the newest first.
	Release
	// Hangup ends the channel.
	Hangup
)

// passive is a Fault that does nothing: others embed it for the half that they leave alone.
type passive struct{}

func (passive) Request(*Call) Action { return Pass }
func (passive) Reply(*Call) Action   { return Pass }
