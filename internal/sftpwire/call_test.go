package sftpwire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyCall is one call of each kind, with a reply that suits it.
var everyCall = map[string]struct {
	call  func(c *Conn, h *Handle) error
	typ   byte
	reply []byte
}{
	"open": {func(c *Conn, _ *Handle) error { _, err := c.Open("x", OpenRead, Attrs{}); return err }, typeHandle, str("h")},
	"mkdir": {func(c *Conn, _ *Handle) error { return c.Mkdir("x", Attrs{Flags: AttrPermissions, Mode: 0o755}) },
		typeStatus, status(StatusOK, "")},
	"stat path":    {func(c *Conn, _ *Handle) error { _, err := c.Stat("x"); return err }, typeAttrs, attrsBody(1, 2, 3)},
	"lstat path":   {func(c *Conn, _ *Handle) error { _, err := c.Lstat("x"); return err }, typeAttrs, attrsBody(1, 2, 3)},
	"setstat path": {func(c *Conn, _ *Handle) error { return c.SetStat("x", Attrs{}) }, typeStatus, status(StatusOK, "")},
	"limits":       {func(c *Conn, _ *Handle) error { _, err := c.AskLimits()(); return err }, typeExtendedReply, make([]byte, 32)},
	"list":         {func(c *Conn, _ *Handle) error { return c.List("x", Many, nil) }, 0, nil},
	"read": {func(_ *Conn, h *Handle) error { _, err := h.ReadAt(make([]byte, 4), 0); return err },
		typeData, str("data")},
	"write":   {func(_ *Conn, h *Handle) error { _, err := h.WriteAt([]byte("data"), 0); return err }, typeStatus, status(StatusOK, "")},
	"stat":    {func(_ *Conn, h *Handle) error { _, err := h.Stat(); return err }, typeAttrs, attrsBody(1, 2, 3)},
	"setstat": {func(_ *Conn, h *Handle) error { return h.SetStat(Attrs{}) }, typeStatus, status(StatusOK, "")},
	"sync":    {func(_ *Conn, h *Handle) error { return h.Sync() }, typeStatus, status(StatusOK, "")},
	"close":   {func(_ *Conn, h *Handle) error { return h.Close() }, typeStatus, status(StatusOK, "")},
}

func TestStatusOfEachCall(t *testing.T) {
	for name, k := range everyCall {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			h := &Handle{c: c, h: "h"}
			done := async(func() error { return k.call(c, h) })
			p.reply(p.next(), typeStatus, status(StatusPermissionDenied, "no\x1b"))
			var st *StatusError
			require.ErrorAs(t, <-done, &st)
			require.Equal(t, StatusError{StatusPermissionDenied, "no\x1b"}, *st)
			require.NoError(t, c.Err(), "the channel goes on")

			if k.typ == 0 {
				return
			}
			done = async(func() error { return k.call(c, h) })
			p.reply(p.next(), k.typ, k.reply)
			require.NoError(t, <-done)
		})
	}
}

// Some servers send the code alone.
func TestBareStatus(t *testing.T) {
	c, _, p := newPeer(t)
	done := async(func() error { return (&Handle{c: c, h: "h"}).Close() })
	p.reply(p.next(), typeStatus, u32(StatusFailure))
	require.EqualError(t, <-done, "SFTP status 4")
}

func TestEndOfFile(t *testing.T) {
	c, _, p := newPeer(t)
	done := async(func() error { _, err := (&Handle{c: c, h: "h"}).ReadAt(make([]byte, 1), 0); return err })
	p.reply(p.next(), typeStatus, status(StatusEOF, "End of file"))
	require.Equal(t, io.EOF, <-done)
}

func TestRequests(t *testing.T) {
	c, _, p := newPeer(t)
	done := async(func() error {
		h, err := c.Open("na\xffme", OpenWrite|OpenCreat, Attrs{Flags: AttrPermissions, Mode: 0o640})
		if err != nil {
			return err
		}
		_, err = h.WriteAt([]byte("bytes"), 1<<40)
		return err
	})
	k := p.next()
	require.EqualValues(t, typeOpen, k.typ)
	require.Equal(t, slices.Concat(str("na\xffme"), u32(OpenWrite|OpenCreat), u32(AttrPermissions), u32(0o640)), k.body)
	p.reply(k, typeHandle, str("\x00\x01"))
	k = p.next()
	require.EqualValues(t, typeWrite, k.typ)
	require.Equal(t, slices.Concat(str("\x00\x01"), []byte{0, 0, 1, 0, 0, 0, 0, 0}, str("bytes")), k.body)
	p.reply(k, typeStatus, status(StatusOK, ""))
	require.NoError(t, <-done)
}

func TestRepliesOutOfOrder(t *testing.T) {
	c, _, p := newPeer(t)
	const n = 40
	errs := make(chan error, n)
	for i := range n {
		go func() {
			var b [8]byte
			_, err := (&Handle{c: c, h: "h"}).ReadAt(b[:], int64(i))
			if got := binary.BigEndian.Uint64(b[:]); err == nil && got != uint64(i) {
				err = fmt.Errorf("read %d gave %d", i, got)
			}
			errs <- err
		}()
	}
	var asked []packet
	for range n {
		asked = append(asked, p.next())
	}
	slices.SortFunc(asked, func(a, b packet) int { return bytes.Compare(b.body, a.body) })
	for _, k := range asked {
		p.reply(k, typeData, append(u32(8), k.body[5:13]...))
	}
	for range n {
		require.NoError(t, <-errs)
	}
}

func TestWriteCloseTravelsTogether(t *testing.T) {
	for name, codes := range map[string][3]uint32{
		"well": {0, 0, 0}, "write": {4, 0, 0}, "attributes": {0, 3, 0}, "close": {0, 0, 4}, "all": {4, 3, 8},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			var attrErr error
			done := async(func() (err error) {
				attrErr, err = (&Handle{c: c, h: "h"}).WriteClose([]byte("x"), 0, Attrs{Flags: AttrPermissions})
				return err
			})
			var asked []packet
			for _, typ := range []byte{typeWrite, typeFsetstat, typeClose} { // no reply before all have come
				asked = append(asked, p.next())
				require.Equal(t, typ, asked[len(asked)-1].typ)
			}
			for i, k := range asked {
				p.reply(k, typeStatus, status(codes[i], ""))
			}
			err := <-done
			want := codes[0]
			if want == 0 {
				want = codes[2]
			}
			require.Equal(t, want, code(err))
			require.Equal(t, codes[1], code(attrErr))
		})
	}
}

func code(err error) uint32 {
	var st *StatusError
	if errors.As(err, &st) {
		return st.Code
	}
	return StatusOK
}

func TestReadClose(t *testing.T) {
	for _, tc := range []struct {
		name            string
		read            packet
		stat            packet
		n               int
		want, closeCode uint32
		eof             bool
	}{
		{name: "well", read: packet{typ: typeData, body: str("abc")}, stat: packet{typ: typeAttrs, body: attrsBody(3, 0o644, 9)}, n: 3},
		{name: "end of file", read: packet{typ: typeStatus, body: status(StatusEOF, "")},
			stat: packet{typ: typeAttrs, body: attrsBody(0, 0o644, 9)}, eof: true},
		{name: "read fails", read: packet{typ: typeStatus, body: status(StatusFailure, "")},
			stat: packet{typ: typeAttrs, body: attrsBody(3, 0o644, 9)}, want: StatusFailure},
		{name: "stat fails", read: packet{typ: typeData, body: str("abc")},
			stat: packet{typ: typeStatus, body: status(StatusPermissionDenied, "")}, n: 3, want: StatusPermissionDenied},
		{name: "close fails", read: packet{typ: typeData, body: str("abc")},
			stat: packet{typ: typeAttrs, body: attrsBody(3, 0o644, 9)}, n: 3, closeCode: StatusFailure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _, p := newPeer(t)
			var n int
			var a Attrs
			done := async(func() (err error) {
				var statErr error
				if n, a, statErr, err = (&Handle{c: c, h: "h"}).ReadClose(make([]byte, 3), 0); err == nil {
					err = statErr
				}
				return err
			})
			r, s, cl := p.next(), p.next(), p.next()
			require.Equal(t, []byte{typeRead, typeFstat, typeClose}, []byte{r.typ, s.typ, cl.typ})
			p.reply(cl, typeStatus, status(tc.closeCode, ""))
			p.reply(s, tc.stat.typ, tc.stat.body)
			p.reply(r, tc.read.typ, tc.read.body)
			err := <-done
			require.Equal(t, tc.n, n)
			require.Equal(t, tc.want, code(err))
			require.Equal(t, tc.eof, err == io.EOF)
			if tc.want == 0 {
				require.EqualValues(t, 9, a.Mtime)
			}
		})
	}
}

// A broken reply ends the channel, the call that it answers, and every other one.
func TestBrokenReplies(t *testing.T) {
	read := func(_ *Conn, h *Handle) error { _, err := h.ReadAt(make([]byte, 4), 0); return err }
	for name, tc := range map[string]struct {
		call  func(*Conn, *Handle) error
		reply func(k packet) []byte
	}{
		"unknown id":             {read, func(k packet) []byte { return frame(typeStatus, k.id+7, status(0, "")) }},
		"duplicate id":           {read, func(k packet) []byte { d := frame(typeData, k.id, str("ab")); return append(d, d...) }},
		"packet too short":       {read, func(packet) []byte { return []byte{0, 0, 0, 4, typeStatus} }},
		"status without a code":  {read, func(k packet) []byte { return frame(typeStatus, k.id, []byte{0, 0}) }},
		"handle to a read":       {read, func(k packet) []byte { return frame(typeHandle, k.id, str("h")) }},
		"only OK to a read":      {read, func(k packet) []byte { return frame(typeStatus, k.id, status(0, "")) }},
		"more data than asked":   {read, func(k packet) []byte { return frame(typeData, k.id, str("abcde")) }},
		"data without a length":  {read, func(k packet) []byte { return frame(typeData, k.id, []byte{0, 0}) }},
		"data shorter than said": {read, func(k packet) []byte { return frame(typeData, k.id, append(u32(4), "ab"...)) }},
		"data longer than said":  {read, func(k packet) []byte { return frame(typeData, k.id, append(u32(1), "ab"...)) }},
		"oversized status": {read, func(k packet) []byte {
			return append(binary.BigEndian.AppendUint32(nil, 5+maxReply+1), frame(typeStatus, k.id, nil)[4:]...)
		}},
		"data to a write":   {everyCall["write"].call, func(k packet) []byte { return frame(typeData, k.id, str("")) }},
		"type 0 to a write": {everyCall["write"].call, func(k packet) []byte { return frame(0, k.id, status(0, "")) }},
		"short attributes":  {everyCall["stat"].call, func(k packet) []byte { return frame(typeAttrs, k.id, u32(AttrSize)) }},
		"handle too long": {everyCall["open"].call, func(k packet) []byte {
			return frame(typeHandle, k.id, str(string(make([]byte, 257))))
		}},
		"truncated handle":  {everyCall["open"].call, func(k packet) []byte { return frame(typeHandle, k.id, u32(9)) }},
		"truncated limits":  {everyCall["limits"].call, func(k packet) []byte { return frame(typeExtendedReply, k.id, make([]byte, 31)) }},
		"request as answer": {read, func(k packet) []byte { return frame(typeRead, k.id, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, p := newPeer(t)
			h := &Handle{c: c, h: "h"}
			waiting := async(func() error { return h.Close() })
			p.next()
			done := async(func() error { return tc.call(c, h) })
			p.ch.Write(tc.reply(p.next())) // may be cut off: the channel ends
			err := <-done
			if name == "duplicate id" {
				require.NoError(t, err, "the first reply was well")
			} else {
				requireProtocolError(t, c, err)
			}
			require.ErrorIs(t, <-waiting, ErrClosed)
			requireProtocolError(t, c, c.Err())
		})
	}
}

func TestErrorsAreForPeople(t *testing.T) {
	require.EqualError(t, &StatusError{StatusFailure, "Failure"}, "Failure (SFTP status 4)")
	require.EqualError(t, &ProtocolError{"what"}, "the server broke the SFTP protocol: what")
}
