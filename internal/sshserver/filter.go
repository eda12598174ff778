package sshserver

import (
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mscp/internal/bytepath"
)

// maxPacket is the largest packet that OpenSSH's sftp-server takes (SFTP_MAX_MSG_LENGTH), and pkg/sftp as well.
const maxPacket = 256 << 10

// idle is how long held replies wait for others to come: a client that waits for them all would wait for ever.
const idle = 2 * time.Millisecond

var errHangup = errors.New("sshserver: channel ended by a fault")

// filter stands between an SSH channel and its SFTP server, which reads requests from it and writes replies to it.
type filter struct {
	ch     io.ReadWriteCloser
	count  func(Kind, string)
	home   string
	faults []Fault // the options' faults, then openSSH
	all    bool    // faults want every packet, not only those that openSSH needs

	// Of the SFTP server's reading goroutine.
	buf     []byte // reused for requests that are looked into
	pending []byte // what Read gives next
	stream  int    // then that many bytes come straight from ch

	// Of the SFTP server's writing goroutine.
	out []byte // a reply of which only the first piece has come

	sending sync.Mutex // held while a packet goes to ch: answers come from both goroutines

	mu     sync.Mutex // guards what follows; never held during I/O
	calls  map[uint32]*Call
	paths  map[string]string // by handle
	held   []Packet
	timer  *time.Timer
	timing sync.WaitGroup
	closed bool
	// Requests given to the server so far, the last WRITE among them, and its replies so far.
	passed, lastWrite, answered int
	progress                    *sync.Cond // of answered and closed
}

func newFilter(ch io.ReadWriteCloser, o *Options, count func(Kind, string)) *filter {
	f := &filter{
		ch: ch, count: count, home: o.Home,
		faults: append(slices.Clone(o.Faults), openSSH{}), all: len(o.Faults) > 0,
		calls: make(map[uint32]*Call), paths: make(map[string]string),
	}
	f.progress = sync.NewCond(&f.mu)
	return f
}

// Read gives the SFTP server the client's requests.
func (f *filter) Read(p []byte) (int, error) {
	for len(f.pending) == 0 && f.stream == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	if len(f.pending) > 0 {
		n := copy(p, f.pending)
		f.pending = f.pending[n:]
		return n, nil
	}
	n, err := f.ch.Read(p[:min(len(p), f.stream)])
	f.stream -= n
	return n, err
}

// next takes the head of a request from the channel, and the rest of it where somebody looks into it.
func (f *filter) next() error {
	f.buf = slices.Grow(f.buf[:0], headerLen)[:headerLen]
	if _, err := io.ReadFull(f.ch, f.buf[:4]); err != nil {
		return err
	}
	length := int(binary.BigEndian.Uint32(f.buf))
	if length < headerLen-4 || length > maxPacket {
		return errHangup
	}
	if _, err := io.ReadFull(f.ch, f.buf[4:]); err != nil {
		return err
	}
	kind := Packet(f.buf).Kind()
	if !f.all && !(openSSH{}).wants(kind) {
		f.count(kind, "")
		f.pass(kind, nil)
		f.pending, f.stream = f.buf, length+4-headerLen
		return nil
	}
	f.buf = slices.Grow(f.buf, length+4-headerLen)[:length+4]
	if _, err := io.ReadFull(f.ch, f.buf[headerLen:]); err != nil {
		return err
	}
	return f.request(f.buf)
}

// request runs one request through the faults, and lets it go on to the server or answers it.
func (f *filter) request(p Packet) error {
	c := f.newCall(p)
	f.count(c.Kind, c.Ext)
	for i, fault := range f.faults {
		switch fault.Request(c) {
		case Drop:
			return nil
		case Answer:
			return f.reply(c, i)
		case Hangup:
			return errHangup
		}
	}
	f.pass(c.Kind, c)
	f.pending, c.Request = c.Request, nil
	return nil
}

// pass waits until the server may have the next request, and registers it. pkg/sftp carries out WRITE side by side with
// what comes after it, except CLOSE: a FSETSTAT of times that overtakes a WRITE would be undone by it. OpenSSH's sftp-server
// does one request after the other. pkg/sftp's replies are in the order of the requests.
func (f *filter) pass(kind Kind, c *Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for kind != Read && kind != Write && f.answered < f.lastWrite && !f.closed {
		f.progress.Wait()
	}
	f.passed++
	if kind == Write {
		f.lastWrite = f.passed
	}
	if c != nil {
		f.calls[c.ID] = c
	}
}

func (f *filter) newCall(p Packet) *Call {
	c := &Call{Kind: p.Kind(), ID: p.ID(), Request: p, from: f}
	if c.Kind == Init {
		c.ID = 3 // VERSION carries its version, 3, where other replies carry the ID
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.parse(f.abs, f.paths)
	if c.Kind == Close {
		delete(f.paths, c.Handle)
	}
	return c
}

// abs makes a client's path absolute. A relative one is cleaned, because pkg/sftp does so too.
func (f *filter) abs(path string) string {
	if filepath.IsAbs(path) {
		return bytepath.Plain(path)
	}
	return filepath.Join(f.home, path)
}

// Write takes the SFTP server's replies. The server writes a packet in one piece or in two, header and payload; each
// reply goes out by one write, for each write is at least one SSH packet.
func (f *filter) Write(p []byte) (int, error) {
	whole := p
	if len(f.out) > 0 || !complete(p) {
		f.out = append(f.out, p...)
		if whole = f.out; !complete(whole) {
			return len(p), nil
		}
	}
	err := f.replied(whole)
	f.out = f.out[:0]
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func complete(p []byte) bool {
	return len(p) >= headerLen && len(p) >= int(binary.BigEndian.Uint32(p))+4
}

// replied finds the call that the server's reply belongs to. There is none where nobody looked into the request.
func (f *filter) replied(p Packet) error {
	f.mu.Lock()
	c := f.calls[p.ID()]
	delete(f.calls, p.ID())
	f.answered++
	f.progress.Broadcast()
	f.mu.Unlock()
	if c == nil {
		return f.send(p)
	}
	c.Reply = slices.Clip(p)
	return f.reply(c, len(f.faults))
}

// reply runs a call's reply back through the first n faults to the client.
func (f *filter) reply(c *Call, n int) error {
	after := Pass
	for _, fault := range slices.Backward(f.faults[:n]) {
		switch action := fault.Reply(c); action {
		case Drop:
			return nil
		case Hold, Release:
			after = action
		case Hangup:
			return errHangup
		}
	}
	if c.Reply.Kind() == Handle {
		f.mu.Lock()
		f.paths[c.Reply.reader().string()] = c.Path
		f.mu.Unlock()
	}
	if after == Hold {
		f.hold(c.Reply)
		return nil
	}
	if err := f.send(c.Reply); err != nil || after != Release {
		return err
	}
	return f.release()
}

func (f *filter) send(p Packet) error {
	f.sending.Lock()
	defer f.sending.Unlock()
	_, err := f.ch.Write(p)
	return err
}
