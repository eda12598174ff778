package transfer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"mscp/internal/fsys"
	"mscp/internal/quote"
)

// proof is what the first files have shown of a server that is not known. An upload's first small file goes alone, and is read back
// before it gets its name. A download's first small file is read a second time, while others are being read.
type proof struct {
	mu       sync.Mutex  // held by the file that is the proof
	content  atomic.Bool // a file came back as it was, or there is nothing to prove
	renamed  atomic.Bool // a partial file got its name, or there is nothing to prove
	differed atomic.Int32
	large    largeProof
}

// mostDiffering is how many proofs may differ before the server is given up.
const mostDiffering = 3

// ErrUnfaithful means that a server does not give back what it was sent, or reads differ from each other.
var ErrUnfaithful = errors.New("the server stores or returns wrong data")

// startProof settles what there is to prove.
func (e *engine) startProof() {
	first := e.First.FS()
	e.proof.content.Store(!careful(first))
	e.proof.large.settled = !careful(first)
	e.proof.renamed.Store(!e.Upload || e.InPlace || canReplace(first) && !careful(first))
}

// needsProof tells whether a small file of an upload must wait for the proof, or be it.
func (e *engine) needsProof(f *file) bool {
	return e.Upload && !f.device && (!e.proof.renamed.Load() || f.Info.Size > 0 && !e.proof.content.Load())
}

// proveContent compares the file that is the proof, which is written and closed, with buf.
func (l *lane) proveContent(f *file, buf []byte) error {
	if l.e.proof.content.Load() || len(buf) == 0 {
		return nil
	}
	got := make([]byte, len(buf))
	err := l.readBack(f.part, got)
	switch {
	case fsys.Lost(err), errors.Is(err, fsys.ErrShared):
		return err
	case err == nil && !bytes.Equal(got, buf) || err == io.EOF:
		return l.unlike(f)
	}
	l.e.proof.content.Store(true) // also where nothing may be read
	return nil
}

// errUnproven has a file copied again that was the proof and differed, or that was read before one did.
var errUnproven = errors.New("to be copied again")

// unlike is called where the proof differs. The server is asked as little at once as can be, then given up.
func (l *lane) unlike(f *file) error {
	if l.e.proof.differed.Add(1) >= mostDiffering {
		err := fmt.Errorf("%w: %w", ErrUnfaithful, &VerifyError{Path: f.Src})
		l.e.stop(err)
		return err
	}
	l.e.Observer.Notice(fmt.Sprintf("%s: the copy differs from the source: mscp copies it again, with one file open at a time", quote.Name(f.Src)))
	oneFileAtATime(l.fs)
	if l.e.Upload {
		l.e.sendInOrder()
	}
	return errUnproven
}

// proveSource reads the first small file of a download a second time. Whoever has read another one meanwhile waits, and reads it again
// where the two differ.
func (l *lane) proveSource(f *file, buf []byte, before int32) error {
	p := &l.e.proof
	if f.Info.Size == 0 || f.Info.Size != int64(len(buf)) || p.content.Load() {
		return l.readSince(before)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.content.Load() || p.differed.Load() != before {
		return l.readSince(before)
	}
	got := make([]byte, len(buf))
	if err := l.readBack(f.Src, got); err != nil && err != io.EOF {
		return err
	} else if err == io.EOF || !bytes.Equal(got, buf) {
		return l.unlike(f)
	}
	p.content.Store(true)
	return nil
}

// readSince tells whether a file was read when the server had been found wanting so many times.
func (l *lane) readSince(before int32) error {
	if l.e.proof.differed.Load() != before {
		return errUnproven
	}
	return nil
}

// moveSmall copies a file of one block, alone where it is the proof.
func (l *lane) moveSmall(ctx context.Context, b block, buf []byte) {
	if l.e.needsProof(b.f) {
		l.e.proof.mu.Lock()
		if l.e.needsProof(b.f) {
			defer l.e.proof.mu.Unlock()
			b.f.proves = true
			l.copySmall(ctx, b, buf)
			return
		}
		l.e.proof.mu.Unlock()
	}
	b.f.proves = false
	l.copySmall(ctx, b, buf)
}

// proveRename finds out, before a large file is sent, whether it could get its name.
func (l *lane) proveRename(f *file) error {
	p := &l.e.proof
	if p.renamed.Load() || f.inPlace {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.renamed.Load() {
		return nil
	}
	return l.tryRename(f)
}

// tryRename renames a file of its own beside the one that is to be copied. Its error is a lost lane, that of the file's directory, or
// ErrNoRename, which ends the copy.
func (l *lane) tryRename(f *file) error {
	purpose := rand.Text()
	from, to := l.e.target(l.e.partName(f.Entry, purpose)), l.e.target(l.e.partName(f.Entry, purpose, "renamed"))
	l.e.recordLeft(from)
	l.e.recordLeft(to)
	if err := l.makeOwn(from); err != nil {
		return l.doubt(err, f, from)
	}
	left := to
	_, err := l.fs.Rename(from, to)
	if err != nil {
		left = from
	}
	if lost := cmp.Or(lostOnly(err), lostOnly(l.fs.Remove(left))); lost != nil {
		return l.doubt(lost, f, from, to)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoRename, err)
		l.e.stop(err)
		return err
	}
	l.e.proof.renamed.Store(true)
	return nil
}

// makeOwn makes an empty file that no other run has a name for. What a CLOSE says does not matter.
func (l *lane) makeOwn(name string) error {
	var h fsys.File
	var err error
	if m, ok := l.fs.(fsys.Maker); ok {
		h, err = m.Make(name, 0o600)
	} else {
		h, err = l.fs.Create(name, 0o600, false)
	}
	if err != nil {
		return err
	}
	return lostOnly(h.Close())
}

// doubt has files of our own looked for at the end where a lane was lost that made or removed them. It returns err.
func (l *lane) doubt(err error, f *file, names ...string) error {
	for _, name := range names {
		if fsys.Lost(err) {
			l.e.doubtful.add(late{name, f.Parent, true})
		}
	}
	return err
}
