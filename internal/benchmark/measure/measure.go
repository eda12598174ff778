package measure

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"syscall"
	"time"
)

// Command is what to run.
type Command struct {
	Args  []string
	Env   []string // nil: this process's
	Dir   string   // "": this process's
	Stdin string   // "": /dev/null

	Port int        // TCP port of the server, by which the command's connections are known; 0: do not look
	Addr netip.Addr // address of the server, if only connections to that one count

	Start   func(*exec.Cmd) error      // calls Start, say in a network namespace; nil: (*exec.Cmd).Start
	In      []func(func() error) error // each calls its argument in a network namespace where sockets are looked for; nil: here
	Timeout time.Duration              // 0: none
	Grace   time.Duration              // from SIGTERM to SIGKILL, and for what the command left behind to end by itself; 0: 2 s
}

// Usage is what a command cost.
type Usage struct {
	Seconds      float64 // from the start to the end of the command; not of what it left behind
	User, System float64 // seconds of CPU, of the command and all that it started
	PeakRSS      int64   // bytes, of its largest process; 0: not seen

	Connections int     // TCP connections to the port that were established; 0: not seen
	Retransmits int64   // TCP segments, of both ends of the connections where both can be seen
	RTT         float64 // smoothed round-trip time of the client's ends, seconds, the median over time; 0: not seen
	MinRTT      float64 // least round-trip time of the client's ends, seconds; 0: not seen

	Stdout, Stderr []byte // the last MiB of each
}

// ErrTimeout is in the error of a command that was ended because its time was over.
var ErrTimeout = errors.New("timed out")

// ExitError is a command that failed.
type ExitError struct {
	Code   int            // exit status; -1 after a signal
	Signal syscall.Signal // that ended it; 0: none
	Stderr []byte         // what it wrote last
}

const defaultGrace = 2 * time.Second

// Run runs a command to its end and returns what it cost, up to there if it fails. The error is an [*ExitError] where the
// command failed, holds [ErrTimeout] or ctx's cause where it was ended for that, with everything it had started, and is os/exec's where it could not be
// started (exec.ErrNotFound).
//
// From the first call on this process adopts orphans of its descendants (Linux).
func Run(ctx context.Context, c Command) (Usage, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w after %s", ErrTimeout, c.Timeout))
		defer cancel()
	}
	if c.Grace <= 0 {
		c.Grace = defaultGrace
	}
	if ctx.Err() != nil {
		return Usage{}, context.Cause(ctx)
	}
	r := &run{Command: c, watch: newWatch(c)}
	defer r.watch.close()
	if err := r.start(); err != nil {
		return Usage{}, fmt.Errorf("measure: %w", err)
	}
	stopped := r.follow(ctx)
	r.settle(ctx, stopped != nil)
	u := r.usage()
	if stopped != nil {
		return u, stopped
	}
	return u, exitError(r.end.state, u.Stderr)
}
