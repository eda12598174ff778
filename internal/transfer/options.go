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
	Block() int         // the most bytes that one ReadAt or WriteAt moves
	Handles() int       // how many files the other side holds open at once for this lane; 0: it does not say
	RTT() time.Duration // a round trip, roughly; 0: unknown
}

// Lane is one SFTP channel. Close ends every call on it.
type Lane interface {
	FS() Remote
	Conn() int // tells apart the connections that lanes share
	Use()      // called before the first work on it: it has proved that it sees the same files as the first
	Close() error
}

// Options say what to copy how.
type Options struct {
	Upload bool
	Local  fsys.FS // the source of an upload; the destination of a download, below which Entry.Dst is
	Root   string  // of an upload: the remote directory below which Entry.Dst is
	Where  string  // a remote path on the file system that is copied from or to; empty: not known
	// OtherPort is set where the journal is of runs that reached the server's name by another port: behind that there may be another machine.
	OtherPort bool
	// Job names what is copied where, however that was typed: partial files and records are told apart by it. Empty: by the sources' paths.
	Job string
	// RootMade: the destination's root, where it is a directory that is copied, was made for this run: it is empty, and has the mode.
	RootMade bool

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

	// SkipUnchanged leaves a file as it is whose destination has its size and modification time. What is copied is given its time. There
	// are the files directly below the root.
	SkipUnchanged bool
	There         plan.There

	Verify  *Verify // compare before the rename; nil: do not
	Sync    bool    // put each file on stable storage before its rename
	Journal *journal.Journal
	State   *journal.State // what the journal held when it was opened; nil: nothing to go on with
	// Abandoned is what the journal held where the copy is to begin anew: its partial files are removed.
	Abandoned *journal.State

	Counters *Counters
	Observer Observer

	sleep func(context.Context, time.Duration) error // nil: as long as that
}

// Walk finds what to copy. It reads the source through src, and returns when all of it has been given to sink.
type Walk func(ctx context.Context, src fsys.FS, sink plan.Sink) error

// ErrNoLane means that the last connection was lost, and with it what had not been copied yet.
var ErrNoLane = errors.New("all connections were lost")

// ErrChanged means that a source is no longer what it was when it was planned.
var ErrChanged = errors.New("the source changed while it was copied")

// ErrShort means that what was acknowledged is not there.
var ErrShort = errors.New("the destination holds less than it acknowledged")

// ErrGone means that the partial file was removed while it was written.
var ErrGone = errors.New("its partial file is gone: somebody removed it, or the connections lead to several machines")

// ErrFull wraps the reason why nothing more can be written to the destination.
var ErrFull = errors.New("the destination takes no more data")

const (
	window       = 2 << 20 // of an SSH channel, in bytes: fixed in x/crypto/ssh, and sshd's
	filesPerLane = 768     // files, or blocks, that a lane works on at once
	queueFiles   = 4096    // found but not begun: bounds memory

	// filesNear is what there are at least, and at most for a server that does not say how many files it holds open at once.
	filesNear      = 64
	filesCareful   = 96   // at most for a careful server that does not say it: gesftpserver gives out dead handles beyond 128
	filesPerSecond = 5000 // that one channel's server makes, at best
)

// Sizes of buffers, in bytes. Each goroutine of a lane has a tiny one of its own; the others are shared, so that a lane takes no more
// than about two windows of either kind, however many goroutines it has.
const (
	tinyBlock  = 8 << 10
	smallBlock = 32 << 10
)

// workers is how many blocks of any size, or files, a lane works on at once. A small file takes three round trips or five, so over a long
// distance there must be many; over a short one more than a few only fill the server's buffers, and cost time
// (docs/design/figures.md).
func (o *Options) workers(r Remote) int {
	n := o.Inflight
	if n == 0 {
		n = max(filesNear, int(filesPerSecond*fileTrips(r)*r.RTT().Seconds()))
	}
	if h := r.Handles(); h > 0 {
		n = min(n, h*3/4) // the others are for larger files and listings
	} else if careful(r) {
		n = min(n, filesCareful)
	} else {
		n = min(n, filesNear)
	}
	return max(1, min(n, filesPerLane))
}

// fileTrips is how many round trips a small file takes at most.
func fileTrips(r Remote) float64 {
	if careful(r) {
		return 5
	}
	return 3
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
