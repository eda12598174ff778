package journal

import (
	"iter"
	"math"
	"slices"
	"sort"
)

// Ranges is a set of byte ranges of a file, kept as few as it can be: ranges that overlap or touch are one. The zero value is
// empty. A copy shares its memory with the original: see [Ranges.Clone].
type Ranges struct{ spans []span } // sorted, disjoint, not touching

type span struct{ off, end int64 }

// Add adds the n bytes at off. Nothing is added if n is not positive, or off negative, or their sum overflows.
func (r *Ranges) Add(off, n int64) {
	if !valid(off, n) {
		return
	}
	s := span{off, off + n}
	i := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].end >= s.off })
	j := i
	for ; j < len(r.spans) && r.spans[j].off <= s.end; j++ {
		s.off, s.end = min(s.off, r.spans[j].off), max(s.end, r.spans[j].end)
	}
	if i == j {
		r.spans = slices.Insert(r.spans, i, s)
		return
	}
	r.spans[i] = s
	r.spans = slices.Delete(r.spans, i+1, j)
}

func valid(off, n int64) bool { return off >= 0 && n > 0 && off <= math.MaxInt64-n }

// Has reports whether all of the n bytes at off are in the set; none are if n is not positive.
func (r *Ranges) Has(off, n int64) bool {
	if !valid(off, n) {
		return false
	}
	i := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].end > off })
	return i < len(r.spans) && r.spans[i].off <= off && off+n <= r.spans[i].end
}

// All yields offset and length of each range, in order.
func (r *Ranges) All() iter.Seq2[int64, int64] {
	return func(yield func(off, n int64) bool) {
		for _, s := range r.spans {
			if !yield(s.off, s.end-s.off) {
				return
			}
		}
	}
}

// Missing yields offset and length of each range of a file of size bytes that is not in the set, in order.
func (r *Ranges) Missing(size int64) iter.Seq2[int64, int64] {
	return func(yield func(off, n int64) bool) {
		var off int64
		for _, s := range r.spans {
			if s.off >= size {
				break
			}
			if off < s.off && !yield(off, s.off-off) {
				return
			}
			off = s.end
		}
		if off < size {
			yield(off, size-off)
		}
	}
}

// Bytes is the number of bytes in the set.
func (r *Ranges) Bytes() int64 {
	var sum int64
	for _, s := range r.spans {
		sum += s.end - s.off
	}
	return sum
}

// End is the offset behind the last range, 0 for an empty set: the least size of a file that holds them.
func (r *Ranges) End() int64 {
	if len(r.spans) == 0 {
		return 0
	}
	return r.spans[len(r.spans)-1].end
}

// Clone returns a copy that shares nothing.
func (r *Ranges) Clone() Ranges { return Ranges{slices.Clone(r.spans)} }

// clear empties the set and keeps its memory.
func (r *Ranges) clear() { r.spans = r.spans[:0] }
