package sshpool

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// Messages of OpenSSH PROTOCOL.mux, version 4. Each is preceded by its length, a uint32.
const (
	muxHello            = 0x00000001
	muxVersion          = 4
	muxNewSession       = 0x10000002
	muxPermissionDenied = 0x80000002
	muxFailure          = 0x80000003
	muxExitMessage      = 0x80000004
	muxSessionOpened    = 0x80000006

	muxNoEscape  = 0xffffffff // the escape character of a session that has none
	muxMaxPacket = 256 << 10
)

// newSession is section 4.1's request; the flags are uint32 in fact, not the bool that the document says.
type newSession struct {
	Type, ID                   uint32
	Reserved                   string
	TTY, X11, Agent, Subsystem uint32
	EscapeChar                 uint32
	Terminal                   string
	Command                    string
}

// greetMaster connects to a master's socket and exchanges hellos (section 1).
func greetMaster(ctx context.Context, path string) (*net.UnixConn, error) {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	socket := c.(*net.UnixConn)
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	err = exchangeHellos(socket)
	if !stop() && ctx.Err() != nil {
		err = errors.New("no answer in time")
	}
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	return socket, nil
}

func exchangeHellos(socket io.ReadWriter) error {
	if err := muxWrite(socket, ssh.Marshal(struct{ Type, Version uint32 }{muxHello, muxVersion})); err != nil {
		return err
	}
	typ, body, err := muxRead(socket)
	if err != nil {
		return err
	}
	if typ != muxHello || len(body) < 4 {
		return errors.New("no ControlMaster answers there")
	}
	if v := binary.BigEndian.Uint32(body); v != muxVersion {
		return fmt.Errorf("its protocol has version %d, not %d", v, muxVersion)
	}
	return nil
}

// requestSession asks for a command or a subsystem with those files as its standard input, output and error.
func requestSession(socket *net.UnixConn, command string, subsystem bool, stdio ...*os.File) error {
	request := newSession{Type: muxNewSession, ID: 1, EscapeChar: muxNoEscape, Command: command}
	if subsystem {
		request.Subsystem = 1
	}
	if err := muxWrite(socket, ssh.Marshal(request)); err != nil {
		return err
	}
	for _, f := range stdio {
		if err := sendFile(socket, f); err != nil {
			return err
		}
	}
	typ, body, err := muxRead(socket)
	if err != nil {
		return err
	}
	var answer struct {
		ID   uint32
		Text string
	}
	switch typ {
	case muxSessionOpened:
		return nil
	case muxPermissionDenied, muxFailure:
		if err := ssh.Unmarshal(body, &answer); err != nil {
			return errors.New("an invalid answer")
		}
		if typ == muxFailure {
			return fmt.Errorf("%w: %s", ErrSessionRefused, printable(answer.Text))
		}
		return fmt.Errorf("not allowed: %s", printable(answer.Text))
	}
	return fmt.Errorf("an answer of unknown type %#x", typ)
}

// exitMessage waits for the end of a session and returns its status, -1 where it has none.
func exitMessage(socket io.Reader) (int, error) {
	for {
		typ, body, err := muxRead(socket)
		if err != nil {
			return -1, err
		}
		var exit struct{ Session, Status uint32 }
		if typ == muxExitMessage && ssh.Unmarshal(body, &exit) == nil {
			return int(exit.Status), nil
		}
	}
}

// sendFile passes a file descriptor, with one byte as OpenSSH's mm_send_fd does.
func sendFile(socket *net.UnixConn, f *os.File) error {
	raw, err := f.SyscallConn() // File.Fd would make the pipe blocking
	if err != nil {
		return err
	}
	if ctlErr := raw.Control(func(fd uintptr) {
		_, _, err = socket.WriteMsgUnix([]byte{0}, unix.UnixRights(int(fd)), nil)
	}); ctlErr != nil {
		return ctlErr
	}
	return err
}

func muxWrite(w io.Writer, body []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

func muxRead(r io.Reader) (typ uint32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 4 || n > muxMaxPacket {
		return 0, nil, errors.New("no ControlMaster answers there")
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)-4); err != nil {
		return 0, nil, err
	}
	return binary.BigEndian.Uint32(head[4:]), b.Bytes(), nil
}
