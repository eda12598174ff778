package link

const (
	slabSize = 1 << 20
	// maxHeld is how much a direction keeps under way at most, in bytes: what a link without a rate carries is bounded by nothing else.
	maxHeld = 1 << 30
)

// fifo holds packets until they arrive. It allocates while it grows, and not after. Packets lie one behind the other in slabs, so that
// an acknowledgement takes a hundred bytes, though 64 KiB must be free wherever one is read.
type fifo struct {
	items []item // a ring, its length a power of 2
	first int    // index of the oldest
	count int
	held  int64 // bytes of packets

	current *slab // being filled
	used    int   // bytes of current
	free    []*slab
}

type item struct {
	at   int64 // when it arrives, ns
	data []byte
	slab *slab
}

type slab struct {
	data    [slabSize]byte
	packets int // that have not been popped
}

// space is where to read the next packet: maxPacket bytes, valid until push.
func (f *fifo) space() []byte {
	if f.current == nil || f.used+maxPacket > slabSize {
		f.nextSlab()
	}
	return f.current.data[f.used : f.used+maxPacket : f.used+maxPacket]
}

func (f *fifo) nextSlab() {
	if old := f.current; old != nil && old.packets == 0 {
		f.used = 0
		return
	}
	f.used = 0
	if n := len(f.free); n > 0 {
		f.current, f.free = f.free[n-1], f.free[:n-1]
		return
	}
	f.current = new(slab)
}

// push makes the first n bytes of space a packet that arrives at at.
func (f *fifo) push(n int, at int64) {
	if f.count == len(f.items) {
		f.grow()
	}
	data := f.space()[:n]
	f.items[(f.first+f.count)&(len(f.items)-1)] = item{at, data, f.current}
	f.count++
	f.held += int64(n)
	f.used += n
	f.current.packets++
}

func (f *fifo) grow() {
	items := make([]item, max(1024, 2*len(f.items)))
	n := copy(items, f.items[f.first:])
	copy(items[n:], f.items[:f.first])
	f.items, f.first = items, 0
}

// head is the oldest packet, valid until pop.
func (f *fifo) head() (data []byte, at int64, ok bool) {
	if f.count == 0 {
		return nil, 0, false
	}
	it := &f.items[f.first]
	return it.data, it.at, true
}

func (f *fifo) pop() {
	it := &f.items[f.first]
	f.held -= int64(len(it.data))
	if it.slab.packets--; it.slab.packets == 0 && it.slab != f.current {
		f.free = append(f.free, it.slab)
	}
	*it = item{}
	f.first = (f.first + 1) & (len(f.items) - 1)
	f.count--
}
