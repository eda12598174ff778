package plan

import (
	"context"
	"sync/atomic"
)

// Sink takes what Walk finds. Its methods may be called from many goroutines at once.
type Sink interface {
	// MakeDir is called once for each directory, before anything that lands in it; when it returns nil the
	// destination directory exists. After an error the walk leaves the directory out (the Sink has reported it).
	MakeDir(ctx context.Context, d *Dir) error
	// File takes a regular file; it blocks while the engine has enough to do.
	File(ctx context.Context, e Entry) error
	// FinishDir is called once for each directory that MakeDir made, when everything below it has been released: the time
	// to set its mode. It comes after FinishDir of each directory below it.
	FinishDir(d *Dir)
	// Skipped is told of a special file; what is "FIFO", "socket", "device".
	Skipped(path, what string)
	// Failed is told of a source that cannot be copied; the walk goes on.
	Failed(path string, err error)
}

// Dir is a directory on its way. It is held by the walk that lists it, by each of its directories, and by each
// Entry that lands in it; whoever ends with an Entry releases its Dir.
type Dir struct {
	Entry

	// Made and Special are the Sink's, set by its MakeDir: whether the directory was made by this copy, and which of the names
	// that it held before are neither regular files nor directories (a device, a FIFO).
	Made    bool
	Special map[string]bool
	There   There // regular files that it held before, where the Sink wants to know

	sink    Sink
	held    atomic.Int64
	folding folding
}

// Hold defers the end of the directory until the matching Release.
func (d *Dir) Hold() {
	if d != nil {
		d.held.Add(1)
	}
}

// Release ends one Hold. The last one finishes the directory, then releases the directory that it lies in.
func (d *Dir) Release() {
	for d != nil && d.held.Add(-1) == 0 {
		d.sink.FinishDir(d)
		d = d.Parent
	}
}
