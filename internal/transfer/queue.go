package transfer

import (
	"sync"

	"mscp/internal/chunker"
)

// kind is what is to be done with a file.
type kind uint8

const (
	move    kind = iota // copy a range, or compare it where the file is being verified
	begin               // find out what an earlier run left of it, and how the server takes files
	commit              // put it in place: no bytes are left to move
	inOrder             // copy all of it, block by block: see order.go
)

// span is a range of a file to move, or another step on its way.
type span struct {
	f        *file
	off, len int64
	kind     kind
}

// extent is a range of a file, in bytes.
type extent struct{ off, len int64 }

// small tells whether the span is a whole file that one block of a lane carries. Another server behind the same name may
// take smaller blocks than the first one did, and give back parts of such a file.
func (s span) small(block int) bool {
	return s.f.single && !s.f.verifying && s.len == s.f.Info.Size && s.len <= int64(block)
}

// queue holds what was found and is not yet being moved. Files come out in the order in which they were found, chunk
// by chunk; spans that a lost lane gave back come first.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond // something was pushed, popped or ended
	grew    chan struct{}

	retry  []span
	files  []*file // those with chunks left to hand out; files[0] is being handed out
	open   int     // files pushed and not yet ended
	chunks int64   // not handed out, of files larger than a block
	small  int64   // not handed out, of one block
	walked bool
	ended  bool
	order  bool           // larger files are handed out whole, to be sent in order
	tail   chunker.Policy // of the last file's ranges

	allChunks, allSmall int64 // pushed so far
}

func newQueue() *queue {
	q := &queue{grew: make(chan struct{}, 1)}
	q.changed.L = &q.mu
	return q
}

// push adds a file. It blocks while enough is waiting, and returns false once the queue has ended.
func (q *queue) push(f *file) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.files) >= queueFiles && !q.ended {
		q.changed.Wait()
	}
	if q.ended {
		return false
	}
	q.files = append(q.files, f)
	q.open++
	q.count(f, f.chunks())
	q.countAll(f)
	q.wake()
	return true
}

// countAll counts what is known of a file now and was not known before.
func (q *queue) countAll(f *file) {
	more := max(0, f.chunks()-f.known)
	f.known += more
	if f.single {
		q.allSmall += more
	} else {
		q.allChunks += more
	}
}

// next queues a file again, before all others, whose todo is set anew. It has not ended, or stands for one that has not.
func (q *queue) next(f *file) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.files = append([]*file{f}, q.files...)
	q.count(f, f.chunks())
	q.countAll(f)
	q.wake()
}

func (q *queue) count(f *file, n int64) {
	if f.single {
		q.small += n
	} else {
		q.chunks += n
	}
}

// again gives back a span that could not be moved; its file has not ended.
func (q *queue) again(s span) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.retry = append(q.retry, s)
	q.wake()
}

// tell wakes whoever waits for the queue to be drained.
func (q *queue) tell() {
	if !q.walked || len(q.files)+len(q.retry) > 0 {
		return
	}
	select {
	case q.grew <- struct{}{}:
	default:
	}
}

func (q *queue) wake() {
	q.changed.Broadcast()
	select {
	case q.grew <- struct{}{}:
	default:
	}
}

// pop waits for a span. It returns false when there is none left: everything has ended, or the queue was ended. stop makes one
// caller's wait end early; whoever makes it true calls interrupt.
func (q *queue) pop(stop func() bool) (span, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.ended || stop() || q.walked && q.open == 0:
			return span{}, false
		case len(q.retry) > 0:
			s := q.retry[len(q.retry)-1]
			q.retry = q.retry[:len(q.retry)-1]
			q.tell()
			return s, true
		case len(q.files) > 0:
			s := q.cut()
			q.tell()
			return s, true
		}
		q.changed.Wait()
	}
}

// cut takes the next chunk off the first file.
func (q *queue) cut() span {
	f := q.files[0]
	s := span{f: f, kind: inOrder}
	if (q.order || f.toEnd) && f.untouched() {
		q.count(f, -f.chunks())
		f.inOrder, f.todo = true, nil
	} else {
		var chunks int64
		s, chunks = f.cut(q.share(f))
		q.count(f, -chunks)
	}
	if len(f.todo) == 0 {
		q.files[0] = nil
		if q.files = q.files[1:]; len(q.files) <= queueFiles-1 {
			q.changed.Broadcast()
		}
	}
	return s
}

// tail is the policy for the ranges of the last file. Less than a window at a time would only be more ranges.
func tail(p chunker.Policy) chunker.Policy {
	p.Min, p.Max = max(p.Min, p.Block, window), 0
	return p
}

// share is how much of a file is handed out at a time: a chunk. Of the last file it becomes less and less, so that all lanes end at
// about the same time: over a long distance one lane alone would need a second for the last chunk (guided self-scheduling; Polychronopoulos
// and Kuck, IEEE Transactions on Computers 1987). The ranges of one lane follow each other without a pause, so small ones cost nothing there.
func (q *queue) share(f *file) int64 {
	if !q.walked || len(q.files) > 1 || f.known < 2 {
		return f.chunk
	}
	left := int64(0)
	for _, t := range f.todo {
		left += t.len
	}
	p := q.tail
	p.Min, p.Max = min(p.Min, f.chunk), f.chunk
	return min(p.Size(left), f.chunk)
}

// sendInOrder has larger files sent in order from now on, those that wait too.
func (q *queue) sendInOrder() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.order = true
}

// inOrder tells whether larger files are sent in order.
func (q *queue) inOrder() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.order
}

// fileEnded is called once for each file that was pushed.
func (q *queue) fileEnded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open--; q.open == 0 {
		q.wake()
	}
}

// walkEnded is called when nothing more will be pushed.
func (q *queue) walkEnded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.walked = true
	q.wake()
}

// end makes every push and pop return.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.wake()
}

// interrupt makes the waiting pops ask their stop again.
func (q *queue) interrupt() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake()
}

// closeFiles closes what an early end has left open on this machine. Each file that has not ended has a span here.
func (q *queue) closeFiles() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.retry {
		s.f.closeLocal(false)
	}
	for _, f := range q.files {
		f.closeLocal(false)
	}
}

// worth tells how many lanes n chunks and so many files of one block keep busy.
func worth(chunks, small int64) int64 {
	const perLane = filesPerLane / 4
	return chunks + (small+perLane-1)/perLane
}

// waiting tells how much is not being moved yet, and how much there has been in all, as numbers of lanes that it would keep busy.
func (q *queue) waiting() (now, all int64, done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now = worth(q.chunks+int64(len(q.retry)), q.small)
	return now, worth(q.allChunks, q.allSmall), q.ended || q.walked && q.open == 0
}

// drained tells whether everything has been handed out.
func (q *queue) drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.walked && len(q.files)+len(q.retry) == 0
}

// done tells whether there is nothing left to do.
func (q *queue) done() bool {
	_, _, done := q.waiting()
	return done
}
