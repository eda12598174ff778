package sftpwire

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// Packet types of draft-ietf-secsh-filexfer-02, section 3.
const (
	typeOpen          = 3
	typeClose         = 4
	typeRead          = 5
	typeWrite         = 6
	typeLstat         = 7
	typeFstat         = 8
	typeSetstat       = 9
	typeFsetstat      = 10
	typeOpendir       = 11
	typeReaddir       = 12
	typeMkdir         = 14
	typeStat          = 17
	typeStatus        = 101
	typeHandle        = 102
	typeData          = 103
	typeName          = 104
	typeAttrs         = 105
	typeExtended      = 200
	typeExtendedReply = 201
)

// call is one request and its reply. Calls are reused: nothing is allocated for a READ or a WRITE.
type call struct {
	req     []byte // length, type, id, fields; the first two are filled in by send and register
	payload []byte // sent behind req (the data of a WRITE)

	want byte   // type of the reply that is not a STATUS; 0 where only a STATUS is due
	into []byte // where the payload of a DATA reply goes

	sent time.Time // when it was registered

	handle *Handle // that an OPEN or OPENDIR was given, or that a CLOSE ends

	n    int    // bytes of into that were filled
	body []byte // any other reply, behind its id; in buf
	buf  []byte
	err  error // a *StatusError, or why the channel ended
	done chan struct{}
}

// smallReply, in bytes, is enough for all replies but data and listings.
const smallReply = 512

var calls = sync.Pool{New: func() any {
	return &call{req: make([]byte, 0, smallReply), buf: make([]byte, smallReply), done: make(chan struct{}, 1)}
}}

// newCall begins a request: length and id follow later.
func newCall(typ, want byte) *call {
	k := calls.Get().(*call)
	k.req = append(k.req[:0], 0, 0, 0, 0, typ, 0, 0, 0, 0)
	k.want = want
	return k
}

// free gives a call back; only after it is done.
func (k *call) free() {
	k.payload, k.into, k.body, k.handle, k.err, k.n = nil, nil, nil, nil, nil, 0
	if cap(k.buf) > smallReply {
		k.buf = make([]byte, smallReply)
	}
	calls.Put(k)
}

func (k *call) setID(id uint32) { binary.BigEndian.PutUint32(k.req[5:], id) }

func (k *call) u32(v uint32) *call {
	k.req = binary.BigEndian.AppendUint32(k.req, v)
	return k
}

func (k *call) u64(v uint64) *call {
	k.req = binary.BigEndian.AppendUint64(k.req, v)
	return k
}

func (k *call) str(s string) *call {
	k.u32(uint32(len(s)))
	k.req = append(k.req, s...)
	return k
}

// receive reads the rest of a reply, n bytes. An error means that the channel cannot go on.
func (k *call) receive(r io.Reader, typ byte, n uint32) error {
	if typ == typeData && k.want == typeData {
		return k.receiveData(r, n)
	}
	if typ != typeStatus && (typ != k.want || k.want == 0) {
		return &ProtocolError{fmt.Sprintf("a reply of type %d to a request of type %d", typ, k.req[4])}
	}
	if n > maxReply {
		return &ProtocolError{fmt.Sprintf("a reply of %d bytes", n)}
	}
	if int(n) > cap(k.buf) {
		k.buf = make([]byte, n)
	}
	body := k.buf[:n]
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	if typ != typeStatus {
		k.body = body
		return nil
	}
	st, err := parseStatus(body)
	if err != nil {
		return err
	}
	if st != nil {
		k.err = st
	} else if k.want != 0 {
		return &ProtocolError{fmt.Sprintf("a bare OK in reply to a request of type %d", k.req[4])}
	}
	return nil
}

func (k *call) receiveData(r io.Reader, n uint32) error {
	if n < 4 {
		return &ProtocolError{"a truncated DATA packet"}
	}
	size := k.buf[:4]
	if _, err := io.ReadFull(r, size); err != nil {
		return err
	}
	data := binary.BigEndian.Uint32(size)
	if data != n-4 || data > uint32(len(k.into)) {
		return &ProtocolError{fmt.Sprintf("%d bytes of data in a packet of %d; the request asked for %d", data, n, len(k.into))}
	}
	var err error
	k.n, err = io.ReadFull(r, k.into[:data])
	return err
}
