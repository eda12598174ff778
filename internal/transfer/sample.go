package transfer

import (
	"errors"
	"fmt"
	"sync"

	"mscp/internal/fsys"
)

// largeProof compares the first file of several blocks on a careful server before it and all others get their names.
type largeProof struct {
	mu      sync.Mutex
	settled bool
	pending bool    // a file is being compared
	waiting []*file // written meanwhile
}

// sampleLen, in bytes, is how much of that file is compared at its beginning, and as much at its end.
const sampleLen = 4 << 20

// sample begins the comparison, or has the file wait for its end. It returns false where the file can be committed.
func (l *lane) sample(f *file) bool {
	p := &l.e.proof.large
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case f.single || p.settled:
		return false
	case p.pending:
		p.waiting = append(p.waiting, f)
	default:
		p.pending = true
		l.beginSample(f)
	}
	return true
}

func (l *lane) beginSample(f *file) {
	f.verifying, f.sampled = true, true
	if f.size() <= 2*sampleLen {
		f.do(f.all())
	} else {
		f.do([]extent{{0, sampleLen}, {f.size() - sampleLen, sampleLen}})
	}
	l.e.queue.next(f)
}

// sampleEnded is called when the file that was compared is to be committed, or has failed.
func (l *lane) sampleEnded(f *file) {
	if !f.sampled {
		return
	}
	f.sampled = false
	p := &l.e.proof.large
	p.mu.Lock()
	defer p.mu.Unlock()
	err := f.failed()
	switch {
	case err == nil:
		p.settled, p.pending = true, false
		for _, w := range p.waiting {
			l.e.queue.again(span{f: w, kind: commit})
		}
		p.waiting = nil
	case errors.As(err, new(*VerifyError)):
		p.pending = false
		l.sampleDiffers(err)
	case len(p.waiting) > 0:
		l.beginSample(p.waiting[0])
		p.waiting = p.waiting[1:]
	default:
		p.pending = false
	}
}

// sampleDiffers has those copied again that waited, as the one that was compared is. The second time the server is given up.
func (l *lane) sampleDiffers(err error) {
	p := &l.e.proof
	if p.differed.Add(1) > 1 {
		l.e.stop(fmt.Errorf("%w: %w", ErrUnfaithful, err))
		return
	}
	oneFileAtATime(l.fs)
	if l.e.Upload {
		l.e.sendInOrder()
	}
	for _, w := range p.large.waiting {
		_ = l.discard(w) // a lost lane leaves it: it gets another name
		l.startOver(w, true)
	}
	p.large.waiting = nil
}

// cannotSay tells an error of such a comparison that shows no difference: the server may let nobody read.
func cannotSay(err error) bool {
	return err != nil && !errors.Is(err, fsys.ErrShared) && !errors.As(err, new(*VerifyError)) && !errors.Is(err, ErrChanged)
}
