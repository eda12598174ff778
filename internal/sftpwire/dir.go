package sftpwire

import "io"

const (
	// readdirAhead is how many READDIR requests a listing keeps in flight. OpenSSH answers each with at most 100
	// names, so that one at a time would cost a large directory a round trip per 100 entries.
	readdirAhead = 8
	// listingsAhead is how many listings of a channel do so at once. Further ones, of a walk that is deep in a tree of full
	// directories, hold one reply each, so that thousands of them fit into memory.
	listingsAhead = 64
)

// Ahead is how many READDIR requests a listing may have in flight at most.
type Ahead int

const (
	// OneByOne is for servers that must not be asked a second time before they have answered.
	OneByOne Ahead = 1
	// Many fills the line.
	Many Ahead = readdirAhead
)

// List calls fn for each name in a directory as the replies come, "." and ".." included, without keeping them. An error of
// fn ends the listing and is returned as it is. Names are what the server sent: check them.
func (c *Conn) List(path string, ahead Ahead, fn func(name string, a Attrs) error) error {
	dir, err := c.handle(newCall(typeOpendir, typeHandle).str(path))
	if err != nil {
		return err
	}
	err = dir.list(int(ahead), fn)
	if cerr := dir.Close(); err == nil {
		err = cerr
	}
	return err
}

// list begins with one READDIR, for most directories end with the second, and doubles those in flight from there.
func (h *Handle) list(most int, fn func(string, Attrs) error) error {
	defer h.c.listings.Add(-1)
	few := h.c.listings.Add(1) <= listingsAhead
	for ahead := 1; ; {
		end, err := h.readdirs(ahead, fn)
		if err != nil || end {
			return err
		}
		if few {
			ahead = min(2*ahead, most)
		}
	}
}

// readdirs sends n READDIR requests and hands their entries over in order.
func (h *Handle) readdirs(n int, fn func(string, Attrs) error) (end bool, err error) {
	batch := make([]*call, n)
	for i := range batch {
		batch[i] = h.call(typeReaddir, typeName)
	}
	defer func() {
		for _, k := range batch {
			k.free()
		}
	}()
	h.c.do(batch...)
	for _, k := range batch {
		if eof(k.err) == io.EOF {
			end = true // a server that works on several at once may still have had names for a later one
			continue
		}
		if err := h.believed(k.err); err != nil {
			return false, err
		}
		n, err := h.c.names(k.body, fn)
		if err != nil {
			return false, err
		}
		end = end || n == 0 // as OpenSSH's client: a listing must not go on for ever without a name
	}
	return end, nil
}

// names parses an SSH_FXP_NAME reply: a count, then name, long name and attributes of each.
func (c *Conn) names(body []byte, fn func(string, Attrs) error) (count uint32, err error) {
	p := parser{b: body}
	count = p.u32()
	if p.short {
		return 0, c.broken("a truncated NAME packet")
	}
	for range count {
		name := string(p.bytes())
		p.bytes() // long name, for people
		a := p.attrs()
		if p.short {
			return count, c.broken("a truncated NAME packet")
		}
		if err := fn(name, a); err != nil {
			return count, err
		}
	}
	return count, nil
}
