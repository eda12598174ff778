package sftpwire

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// names is the body of a NAME reply.
func nameBody(names ...string) []byte {
	b := u32(uint32(len(names)))
	for i, n := range names {
		b = slices.Concat(b, str(n), str("-rw-r--r-- long "+n), attrsBody(uint64(i), 0o100644, 9))
	}
	return b
}

// listing plays a server whose READDIRs get the replies in turn, then the end of the listing; a nil reply is EOF too. It ends
// with the CLOSE, and returns how many READDIRs came.
func (p *peer) listing(replies ...packet) int {
	p.reply(p.next(), typeHandle, str("dir"))
	for n := 0; ; n++ {
		k := p.next()
		switch {
		case k.typ == typeClose:
			p.reply(k, typeStatus, status(StatusOK, ""))
			return n
		case k.typ != typeReaddir || string(k.body) != string(str("dir")):
			p.t.Errorf("unexpected request of type %d", k.typ)
			return n
		case n < len(replies):
			p.reply(k, replies[n].typ, replies[n].body)
		default:
			p.reply(k, typeStatus, status(StatusEOF, ""))
		}
	}
}

func page(from, n int) packet {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint(from+i))
	}
	return packet{typ: typeName, body: nameBody(names...)}
}

func TestList(t *testing.T) {
	for _, pages := range []int{0, 1, 2, 3, 7, 15, 16, 40} {
		c, _, p := newPeer(t)
		var replies []packet
		for i := range pages {
			replies = append(replies, page(i*3, 3))
		}
		var got []string
		done := async(func() error {
			return c.List("d", Many, func(name string, a Attrs) error {
				got = append(got, name)
				if a.Mode != 0o100644 || a.Mtime != 9 || a.Size != uint64((len(got)-1)%3) {
					return fmt.Errorf("attributes of %s: %+v", name, a)
				}
				return nil
			})
		})
		asked := p.listing(replies...)
		require.NoError(t, <-done)
		require.Len(t, got, 3*pages)
		for i, name := range got {
			require.Equal(t, fmt.Sprint(i), name)
		}
		require.LessOrEqual(t, asked, pages+readdirAhead, "no more in flight than that")
	}
}

// The requests of a batch are all on their way before the first of them is answered.
func TestListAsksAhead(t *testing.T) {
	c, _, p := newPeer(t)
	done := async(func() error { return c.List("d", Many, func(string, Attrs) error { return nil }) })
	p.reply(p.next(), typeHandle, str("dir"))
	for ahead := 1; ahead <= 2*readdirAhead; ahead *= 2 {
		var batch []packet
		for range min(ahead, readdirAhead) {
			batch = append(batch, p.next())
		}
		slices.Reverse(batch)
		for i, k := range batch {
			if ahead == 2*readdirAhead && i == 0 {
				p.reply(k, typeStatus, status(StatusEOF, ""))
				continue
			}
			p.reply(k, typeName, page(0, 1).body)
		}
	}
	p.reply(p.next(), typeStatus, status(StatusOK, ""))
	require.NoError(t, <-done)
}

func TestListErrors(t *testing.T) {
	eof := packet{typ: typeStatus, body: status(StatusEOF, "")}
	denied := packet{typ: typeStatus, body: status(StatusPermissionDenied, "")}
	for name, tc := range map[string]struct {
		replies []packet
		names   int
		code    uint32
	}{
		"at once":                 {[]packet{denied}, 0, StatusPermissionDenied},
		"in the middle":           {[]packet{page(0, 2), denied, page(9, 2)}, 2, StatusPermissionDenied},
		"names after the end":     {[]packet{page(0, 2), eof, page(2, 2)}, 4, StatusOK},
		"an empty page ends it":   {[]packet{page(0, 2), page(0, 0), page(2, 1)}, 3, StatusOK},
		"an empty page, at first": {[]packet{page(0, 0)}, 0, StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			names := 0
			done := async(func() error { return c.List("d", Many, func(string, Attrs) error { names++; return nil }) })
			p.listing(tc.replies...)
			require.Equal(t, tc.code, code(<-done))
			require.Equal(t, tc.names, names)
			require.NoError(t, c.Err())
		})
	}
}

func TestListStops(t *testing.T) {
	c, _, p := newPeer(t)
	enough := errors.New("enough")
	seen := 0
	done := async(func() error {
		return c.List("d", Many, func(string, Attrs) error {
			if seen++; seen == 2 {
				return enough
			}
			return nil
		})
	})
	p.listing(page(0, 3))
	require.Equal(t, enough, <-done)
	require.NoError(t, c.Err())
}

func TestListBroken(t *testing.T) {
	cut := page(0, 2).body
	for name, body := range map[string][]byte{
		"no count": {0, 0}, "cut off": cut[:len(cut)-1], "count too large": append(u32(1<<31), cut[4:]...),
	} {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			done := async(func() error { return c.List("d", Many, func(string, Attrs) error { return nil }) })
			p.reply(p.next(), typeHandle, str("dir"))
			p.reply(p.next(), typeName, body)
			requireProtocolError(t, c, <-done)
		})
	}
}

func TestExtendedAttributes(t *testing.T) {
	b := slices.Concat(u32(attrExtended|AttrUIDGID|AttrPermissions), u32(1), u32(2), u32(0o644), u32(2), str("a"), str("b"), str("c"), str("d"))
	p := parser{b: b}
	require.Equal(t, Attrs{Flags: attrExtended | AttrUIDGID | AttrPermissions, UID: 1, GID: 2, Mode: 0o644}, p.attrs())
	require.False(t, p.short)
	require.Empty(t, p.b)
	p = parser{b: b[:len(b)-1]}
	p.attrs()
	require.True(t, p.short)
}
