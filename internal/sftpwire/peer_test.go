package sftpwire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the server's end of a channel, played by the test.
type peer struct {
	t  testing.TB
	ch net.Conn
}

// packet is one SFTP packet behind its length.
type packet struct {
	typ  byte
	id   uint32
	body []byte
}

// newPeer starts a session: INIT and VERSION are done.
func newPeer(t testing.TB) (*Conn, *sftp.Client, *peer) {
	t.Helper()
	near, far := net.Pipe()
	p := &peer{t, far}
	c := New(near)
	version := make(chan error, 1)
	go func() {
		_, err := p.recv()
		if err == nil {
			err = p.send(typeVersion, 3, nil)
		}
		version <- err
	}()
	client, err := sftp.NewClientPipe(c, c)
	require.NoError(t, err)
	require.NoError(t, <-version)
	t.Cleanup(func() {
		far.Close()
		c.Close()
		client.Close()
	})
	return c, client, p
}

func (p *peer) recv() (packet, error) {
	var head [9]byte
	if _, err := io.ReadFull(p.ch, head[:]); err != nil {
		return packet{}, err
	}
	k := packet{typ: head[4], id: binary.BigEndian.Uint32(head[5:]), body: make([]byte, binary.BigEndian.Uint32(head[:])-5)}
	_, err := io.ReadFull(p.ch, k.body)
	return k, err
}

// next is recv where a request must come.
func (p *peer) next() packet {
	k, err := p.recv()
	if err != nil {
		p.t.Errorf("no request: %v", err)
	}
	return k
}

func (p *peer) send(typ byte, id uint32, body []byte) error {
	_, err := p.ch.Write(frame(typ, id, body))
	return err
}

// reply is send where the channel must be well.
func (p *peer) reply(to packet, typ byte, body []byte) {
	if err := p.send(typ, to.id, body); err != nil {
		p.t.Errorf("reply to %d: %v", to.id, err)
	}
}

func frame(typ byte, id uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(5+len(body)))
	b = append(b, typ)
	b = binary.BigEndian.AppendUint32(b, id)
	return append(b, body...)
}

func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func str(s string) []byte { return append(u32(uint32(len(s))), s...) }

func status(code uint32, text string) []byte {
	return append(append(u32(code), str(text)...), str("en")...)
}

// attrsBody has size, permissions and times.
func attrsBody(size uint64, mode, mtime uint32) []byte {
	b := u32(AttrSize | AttrPermissions | AttrTimes)
	b = binary.BigEndian.AppendUint64(b, size)
	b = append(b, u32(mode)...)
	return append(append(b, u32(7)...), u32(mtime)...)
}

// async runs f while the test plays the server.
func async(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// requireProtocolError checks that the channel has ended because of the server.
func requireProtocolError(t testing.TB, c *Conn, err error) {
	t.Helper()
	var broken *ProtocolError
	require.ErrorIs(t, err, ErrClosed)
	require.True(t, errors.As(err, &broken), "%v", err)
	require.ErrorIs(t, c.Err(), ErrClosed)
	_, err = (&Handle{c: c, h: "h"}).ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, ErrClosed, "the channel stays closed")
}
