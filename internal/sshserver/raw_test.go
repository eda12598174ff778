package sshserver

import (
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// raw is an SFTP client of single packets.
type raw struct {
	t  testing.TB
	ch ssh.Channel
	id uint32
}

func newRaw(t testing.TB, s *Server) (*raw, Packet) {
	t.Helper()
	ch, requests, err := dial(t, s).OpenChannel("session", nil)
	require.NoError(t, err)
	go ssh.DiscardRequests(requests)
	ok, err := ch.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	require.NoError(t, err)
	require.True(t, ok)
	r := &raw{t: t, ch: ch, id: 100}
	r.send(NewPacket(Init, 3))
	v, err := r.receive()
	require.NoError(t, err)
	require.Equal(t, Version, v.Kind())
	return r, v
}

func (r *raw) packet(k Kind) Packet {
	r.id++
	return NewPacket(k, r.id)
}

func (r *raw) send(packets ...Packet) {
	r.t.Helper()
	for _, p := range packets {
		_, err := r.ch.Write(p)
		require.NoError(r.t, err)
	}
}

func (r *raw) receive() (Packet, error) {
	p := make(Packet, 4)
	if _, err := io.ReadFull(r.ch, p); err != nil {
		return nil, err
	}
	p = append(p, make([]byte, binary.BigEndian.Uint32(p))...)
	_, err := io.ReadFull(r.ch, p[4:])
	return p, err
}

// call sends a request and returns the next packet.
func (r *raw) call(p Packet) Packet {
	r.t.Helper()
	r.send(p)
	reply, err := r.receive()
	require.NoError(r.t, err)
	require.Equal(r.t, p.ID(), reply.ID())
	return reply
}

func (r *raw) status(p Packet) Code {
	r.t.Helper()
	reply := r.call(p)
	require.Equal(r.t, Status, reply.Kind())
	return Code(reply.reader().uint32())
}

func (r *raw) open(path string, flags uint32) string {
	r.t.Helper()
	reply := r.call(r.packet(Open).AddString(path).AddUint32(flags).AddUint32(0))
	require.Equal(r.t, Handle, reply.Kind())
	return reply.reader().string()
}

func extensions(version Packet) map[string]string {
	m := make(map[string]string)
	for r := version.reader(); len(r.b) > 0 && r.ok; {
		name := r.string()
		m[name] = r.string()
	}
	return m
}
