package fsys

import "sync"

// openLimit keeps the number of open files within what a server bears. Servers refuse one file too many as they refuse a forbidden one,
// so a refusal is the file's own only where nothing else was open.
type openLimit struct {
	mu      sync.Mutex
	changed sync.Cond
	open    int
	most    int // 0: no limit is known
	borne   int // so many were open when an OPEN that had been refused before was granted

	forbids bool // a file was refused for a reason of its own
}

func (l *openLimit) init() { l.changed.L = &l.mu }

// enter waits for room. It returns how many are open with this one, 0 where over has become true; see wake.
func (l *openLimit) enter(over func() bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.most > 0 && l.open >= l.most {
		if over() {
			return 0
		}
		l.changed.Wait()
	}
	l.open++
	return l.open
}

// leave gives the room back.
func (l *openLimit) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.changed.Broadcast()
}

// wake makes those who wait look whether theirs is over.
func (l *openLimit) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}

// narrow sets the limit, unless it is lower.
func (l *openLimit) narrow(most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lower(most)
}

func (l *openLimit) lower(most int) {
	if l.most == 0 || most < l.most {
		l.most = most
	}
}

// refused gives the room back of an OPEN that was refused. n is what enter returned. It reports whether nothing else was open; otherwise
// there will be fewer, and it is worth asking again.
func (l *openLimit) refused(n int) (alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.changed.Broadcast()
	n = max(n, l.open)
	l.open--
	switch {
	case n == 1:
		l.forbids = true
		l.most = l.borne
		return true
	case l.forbids && l.borne == 0:
		l.lower(1)
	default:
		l.lower(n / 2)
	}
	return false
}

// granted notes an OPEN that was granted after it had been refused.
func (l *openLimit) granted(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.borne = max(l.borne, n)
}

// limited tells whether a limit is known.
func (l *openLimit) limited() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most > 0
}
