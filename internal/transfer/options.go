package transfer

import (
	"context"
	"errors"
	"time"

	"mscp/internal/chunker"
	"mscp/internal/fsys"
	"mscp/internal/journal"
	"mscp/internal/plan"
)

// Remote is the server's side through one lane.
type Remote interface {
	fsys.FS
	Block() int // the most bytes that one ReadAt or WriteAt moves
}

// Lane is one SFTP channel. Close ends every call on it.
type Lane interface {
	FS() Remote
	Conn() int // tells apart the connections that lanes share
	Close() error
}

// Options say what to copy how.
type Options struct {
	Upload bool
	Local  fsys.FS // the source of an upload; the destination of a download, below which Entry.Dst is
	Root   string  // of an upload: the remote directory below which Entry.Dst is

	First    Lane                                    // open already
	OpenLane func(ctx context.Context) (Lane, error) // opens a further one; called by several goroutines at once
	MaxLanes int                                     // First included
	Eager    bool                                    // open further lanes at once, not only where they pay
	Login    time.Duration                           // what opening First took: what a further lane is expected to cost

	Retryable    func(error) bool // tells whether OpenLane may succeed when it is called again
	Retries      int              // tries to replace a lost lane; 0: until RetryTimeout
	RetryTimeout time.Duration    // without any progress, before the copy is given up
	StallTimeout time.Duration    // without sign of life, before a lane is taken for lost; 0: never

	Chunks   chunker.Policy
	Inflight int   // blocks in flight per lane; 0: a whole SSH window and half as much again
	Limit    int64 // bit/s of file data for the whole copy; 0: none
	Preserve bool  // times, and set-id and sticky bits
	InPlace  bool  // write under the final name

	Verify  *Verify // compare before the rename; nil: do not
	Sync    bool    // put each file on stable storage before its rename
	Journal *journal.Journal
	State   *journal.State // what the journal held when it was opened; nil: nothing to go on with

	Counters *Counters
	Observer Observer
}

// Walk finds what to copy. It reads the source through src, and returns when all of it has been given to sink.
type Walk func(ctx context.Context, src fsys.FS, sink plan.Sink) error

// ErrNoLane means that the last connection was lost, and with it what had not been copied yet.
var ErrNoLane = errors.New("all connections were lost")

// ErrChanged means that a source is no longer what it was when it was planned.
var ErrChanged = errors.New("the source changed while it was copied")

// ErrShort means that what was acknowledged is not there.
var ErrShort = errors.New("the destination holds less than it has acknowledged")

// ErrFull wraps the reason why nothing more can be written to the destination.
var ErrFull = errors.New("the destination takes no more data")

const (
	window       = 2 << 20  // of an SSH channel, in bytes: fixed in x/crypto/ssh, and sshd's
	filesPerLane = 64       // files, or blocks, that a lane works on at once
	smallBlock   = 32 << 10 // blocks up to this size need no large buffer
	queueFiles   = 4096     // found but not begun: bounds memory
)

// workers is how many blocks of any size, or files, a lane works on at once.
func (o *Options) workers() int {
	if o.Inflight > 0 {
		return min(o.Inflight, filesPerLane)
	}
	return filesPerLane
}

func (o *Options) inflight(block int) int { return BlocksInFlight(o.Inflight, block) }

// BlocksInFlight is how many large blocks of that many bytes a lane has on their way, where Options.Inflight is n. By default more than
// the window, so that it is still full while the destination of a download writes a block and while acknowledgements of an upload come back.
func BlocksInFlight(n, block int) int {
	if n == 0 {
		n = (window*3/2 + block - 1) / block
	}
	return min(n, filesPerLane)
}
