package transfer

import (
	"sync/atomic"
	"time"
)

// Counters are what a copy counts while it runs. The engine adds, the display reads: one atomic addition per
// block is all that progress costs on the data path.
type Counters struct {
	Bytes      atomic.Int64 // acknowledged by the destination
	BytesKnown atomic.Int64 // found by the walk so far, or in all once Walked
	Files      atomic.Int64 // committed
	FilesKnown atomic.Int64
	Unchanged  atomic.Int64 // files that were there already, and were left as they are; in neither Files nor FilesKnown
	Kept       atomic.Int64 // bytes that an earlier run had copied; in neither Bytes nor BytesKnown
	Verified   atomic.Int64 // bytes compared
	Differing  atomic.Int64 // of Failed, files whose copy differs from the source
	Dirs       atomic.Int64 // made or already there
	Skipped    atomic.Int64 // special files
	Failed     atomic.Int64
	Lanes      atomic.Int64 // open now
	Conns      atomic.Int64 // connections open now
	MaxConns   atomic.Int64 // most connections open at once
	Walked     atomic.Bool  // the walk has ended: the Known figures are totals
}

// Observer is told of what happens; it must be quick and may be called from many goroutines. The engine
// never prints.
type Observer interface {
	// Failed is called once for each source that could not be copied. path is the source's, err names side and reason.
	Failed(path string, err error)
	// Skipped is called for each special file; what says which kind.
	Skipped(path, what string)
	// Notice tells something that costs the user speed or safety, once per kind.
	Notice(text string)
	// Copied is called when a file is in place.
	Copied(path string, size int64)
}

// Summary is the end of a copy.
type Summary struct {
	Files, Dirs, Skipped, Failed int64
	Unchanged                    int64 // files that were there already
	Bytes                        int64
	Kept                         int64 // bytes that an earlier run had copied
	Verified                     int64 // bytes compared
	Differing                    int64 // of Failed, files that verification found different
	Elapsed                      time.Duration
	Conns                        int64 // most connections open at once
}
