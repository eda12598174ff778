// Package chunker divides a file into chunks: ranges that are queued, retried and checkpointed one by one.
//
// It is arithmetic only. A chunk is as large as a file's size, the number of connections and the user's limits
// make it: without limits four chunks per connection, so that a slow connection holds the others up for a quarter of
// its share at most, but none below 16 MiB, where the cost of a chunk's own open and close would show.
//
// Chunks begin at multiples of the block, so that every request but a file's last carries a whole block, and at
// multiples of the page, so that no two of them write to one page. An empty file is one empty chunk: every file goes
// the same way.
package chunker

import (
	"errors"
	"fmt"
	"iter"
	"math"
)

// Defaults of a Policy whose fields are zero, in bytes.
const (
	DefaultMin  = 16 << 20
	DefaultPage = 4096
)

// perConnection is how many chunks each connection gets of a file when no limit says otherwise.
const perConnection = 4

// ErrPolicy is wrapped by the errors of [Policy.Validate].
var ErrPolicy = errors.New("invalid chunk size")

// Policy says how large chunks are. Sizes are in bytes; zero means the default.
type Policy struct {
	Min         int64 // smallest chunk but a file's last: 16 MiB, or Max where that is smaller
	Max         int64 // largest chunk: the file's size / (4 * Connections), but at least Min
	Connections int   // that share the file; below 1 counts as 1
	Block       int64 // what one request carries; zero aligns to pages only
	Page        int64 // 4096
}

// Chunk is a range of a file, in bytes.
type Chunk struct{ Off, Len int64 }

// Validate reports limits that contradict each other or are negative.
func (p Policy) Validate() error {
	switch {
	case p.Min < 0 || p.Max < 0 || p.Block < 0 || p.Page < 0:
		return fmt.Errorf("%w: negative", ErrPolicy)
	case p.Max != 0 && p.Min > p.Max:
		return fmt.Errorf("%w: the smallest, %d bytes, is larger than the largest, %d bytes", ErrPolicy, p.Min, p.Max)
	}
	return nil
}

// Size returns the size of a file's chunks, the last of which may be smaller. It is at least one byte.
//
// It is a multiple of page and block where it holds a common multiple of both, else of the block where it holds one,
// else of the page. Where no aligned size lies between Min and Max, Max is kept; a Max below a page gives one page.
func (p Policy) Size(fileSize int64) int64 {
	lo, hi := p.limits()
	want := fileSize / perConnection / int64(max(p.Connections, 1))
	want = max(min(max(want, lo), hi), p.page())

	unit := p.unit(want)
	size := want - want%unit
	if size < lo && size <= hi-unit {
		size += unit
		size -= size % p.unit(size) // rounded up, it may hold a larger unit, which is above lo too
	}
	return max(size, unit)
}

// limits returns the smallest and the largest chunk that the policy allows.
func (p Policy) limits() (lo, hi int64) {
	lo, hi = p.Min, p.Max
	if hi == 0 {
		hi = math.MaxInt64
	}
	if lo == 0 {
		lo = min(DefaultMin, hi)
	}
	return lo, hi
}

func (p Policy) page() int64 {
	if p.Page <= 0 {
		return DefaultPage
	}
	return p.Page
}

// unit returns what a chunk of about size bytes is a multiple of.
func (p Policy) unit(size int64) int64 {
	page := p.page()
	if p.Block <= 0 || size < p.Block {
		return page
	}
	if both := p.Block / gcd(p.Block, page); both <= size/page {
		return both * page
	}
	return p.Block
}

// Count returns how many chunks a file has: at least one.
func (p Policy) Count(fileSize int64) int64 {
	if fileSize <= 0 {
		return 1
	}
	return (fileSize-1)/p.Size(fileSize) + 1
}

// Split yields a file's chunks in order. Together they cover it exactly once.
func (p Policy) Split(fileSize int64) iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		if fileSize <= 0 {
			yield(Chunk{})
			return
		}
		size := p.Size(fileSize)
		for off, left := int64(0), fileSize; left > 0; {
			n := min(size, left)
			if !yield(Chunk{Off: off, Len: n}) {
				return
			}
			off, left = off+n, left-n
		}
	}
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
