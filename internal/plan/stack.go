package plan

import "sync"

const (
	// stackBytes is what directories and links may take that wait, before a listing stops to do its newest itself.
	stackBytes = 2 << 20
	// entryBytes is what one of them takes beside its paths, roughly.
	entryBytes = 400
	// stackShares bounds the stack as a whole. A listing that waits inside others has more room than they had, or every level of a deep
	// tree would have a listing open; it never has more than so many times stackBytes.
	stackShares = 8
	// maxPath, in bytes, and maxDepth are more than file systems have: Windows takes paths of 32767 characters, Linux of 4095 bytes.
	maxPath  = 32 << 10
	maxDepth = 2048
)

// stack holds the directories and links that wait for a goroutine. The newest come out first: going deep keeps it short.
type stack struct {
	mu    sync.Mutex
	grew  sync.Cond // or nothing more will come
	freed sync.Cond // there is room, or nobody is deep
	jobs  []job
	bytes int
	busy  int  // goroutines that may still add to it
	deep  bool // a goroutine has stackShares listings open, and may open more
}

func newStack() *stack {
	s := &stack{busy: 1}
	s.grew.L, s.freed.L = &s.mu, &s.mu
	return s
}

func (j *job) bytes() int { return entryBytes + len(j.Src) + len(j.Dst) }

// push keeps j where there is room. Else the caller is to do it itself, which it may at once while few listings wait for it, nest of
// them. Beyond stackShares only one goroutine may: the others wait for it, or for room. It ends, as a path can only be so long.
func (s *stack) push(j job, nest int, over func() bool) (kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	share := min(nest+1, stackShares)
	for s.bytes >= share*stackBytes {
		if nest+1 != stackShares || over() {
			return false
		}
		if !s.deep {
			s.deep = true
			return false
		}
		s.freed.Wait()
	}
	s.jobs = append(s.jobs, j)
	s.bytes += j.bytes()
	s.grew.Signal()
	return true
}

// surfaced is called when what push has refused is done.
func (s *stack) surfaced(nest int) {
	if nest+1 != stackShares {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deep = false
	s.freed.Broadcast()
}

// pop waits for a job. It returns false when there is none and none can come.
func (s *stack) pop(over func() bool) (job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.jobs) == 0 && s.busy > 0 && !over() {
		s.grew.Wait()
	}
	last := len(s.jobs) - 1
	if last < 0 || over() {
		return job{}, false
	}
	j := s.jobs[last]
	s.jobs[last] = job{}
	s.jobs = s.jobs[:last]
	s.bytes -= j.bytes()
	s.freed.Broadcast()
	s.busy++
	return j, true
}

// done is called when a goroutine that may have added to the stack is done with that.
func (s *stack) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy--; s.busy == 0 {
		s.grew.Broadcast()
	}
}

// wake has all that wait ask again whether the walk is over.
func (s *stack) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grew.Broadcast()
	s.freed.Broadcast()
}
