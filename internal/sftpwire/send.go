package sftpwire

import (
	"encoding/binary"
	"io"
	"sync"
)

// sshPacket is how much one SSH packet of x/crypto/ssh carries to an OpenSSH server (its maximum packet size).
const sshPacket = 32 << 10

// sendBuffer writes SFTP packets to the channel so that SSH packets are filled: x/crypto/ssh makes a packet, with
// padding, MAC and system calls, of every Write. A large payload is not copied, but for its head and tail.
type sendBuffer struct {
	mu   sync.Mutex // held for whole SFTP packets
	w    io.Writer
	buf  []byte
	owed uint32 // bytes that pkg/sftp still owes of the packet that it is writing; mu is held while it is not 0
}

// send writes the calls' packets one after the other.
func (s *sendBuffer) send(calls []*call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range calls {
		binary.BigEndian.PutUint32(k.req, uint32(len(k.req)-4+len(k.payload)))
		if err := s.put(k.req); err != nil {
			return err
		}
		if err := s.put(k.payload); err != nil {
			return err
		}
	}
	return s.flush()
}

func (s *sendBuffer) put(p []byte) error {
	if s.buf == nil {
		s.buf = make([]byte, 0, sshPacket)
	}
	for len(p) > 0 {
		if whole := len(p) - len(p)%sshPacket; len(s.buf) == 0 && whole > 0 {
			if _, err := s.w.Write(p[:whole]); err != nil {
				return err
			}
			p = p[whole:]
			continue
		}
		n := min(len(p), sshPacket-len(s.buf))
		s.buf, p = append(s.buf, p[:n]...), p[n:]
		if len(s.buf) == sshPacket {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sendBuffer) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// foreign passes on a write of pkg/sftp, which may give a packet in several pieces, the first at least its length
// field. The lock is held from the first piece to the last, so that no packet of ours comes between.
func (s *sendBuffer) foreign(p []byte) (int, error) {
	if s.owed == 0 {
		s.mu.Lock()
		s.owed = 4 + binary.BigEndian.Uint32(p)
	}
	n, err := s.w.Write(p)
	s.owed -= uint32(n)
	if err != nil {
		s.owed = 0
	}
	if s.owed == 0 {
		s.mu.Unlock()
	}
	return n, err
}
